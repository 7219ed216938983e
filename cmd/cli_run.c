#include "cli_help.h"
#include "hint.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "engine/state.h"

enum { MODEL_BYTES_MAX = 0x7FFFFFFF, LOOK_EVERY = 2 /* seconds */ };

atomic_int fg_cli_stop;

static size_t line_width;

static void die_by(int number) {
    sigset_t set;
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void on_kill(int number) {
    fg_outfile_unlink_all();
    die_by(number);
}

/* Half seconds that have passed; wraps around. */
static int half_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int)((now.tv_sec * 2 + now.tv_nsec / 500000000) & 0xFFFFFF);
}

/* Set when the work is done and its results are written. */
static atomic_int finishing;

/* Whether the command waits for what a stop should not wait for: somebody who opens a pipe, or who reads the
 * last of what it has to say. While it works, a slow reader is waited for as ever. */
static bool waits_in_vain(void) {
    return fg_io_waits == FG_IO_OPENING || (fg_io_waits == FG_IO_WRITING && finishing);
}

/* Goes on from the first stop: what nobody opens or reads on since the last look ends the command. A wait for
 * input that the stop came just too early to end is interrupted, too. */
static void on_alarm(int number) {
    static atomic_uint seen;
    (void)number;
    if (waits_in_vain() && seen == fg_io_writes)
        on_kill(fg_cli_stop);
    seen = fg_io_writes;
    alarm(LOOK_EVERY);
}

/* What ends a program may send its signal to the process and then to its group, as timeout(1) does: only one
 * that comes later insists, and not that of a limit of processor time, which comes each second. Two threads
 * may be in here at once. */
static void on_stop(int number) {
    static atomic_int first;
    const int now = half_seconds();
    if (waits_in_vain() || (fg_cli_stop && number != SIGXCPU && now - first != 0 && now - first != 1))
        on_kill(number);
    if (!fg_cli_stop) {
        first = now;
        alarm(LOOK_EVERY);
    }
    fg_cli_stop = number;
}

static void catch_with(int number, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = number == SIGALRM ? 0 : SA_RESTART}, old;
    /* What a parent had ignored (nohup, background jobs) stays ignored, but a closed pipe must end the
     * command. */
    if (number != SIGPIPE && sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        return;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void fg_cli_catch_kill(void) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGXCPU};
    static bool registered;
    if (!registered &&
        atexit(fg_outfile_unlink_all) == 0) /* the OpenMP runtime exits where it gets no threads */
        registered = true;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        catch_with(numbers[i], on_kill);
    signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is a write that fails */
}

void fg_cli_catch_stop(void) {
    catch_with(SIGALRM, on_alarm);
    catch_with(SIGINT, on_stop);
    catch_with(SIGTERM, on_stop);
    catch_with(SIGXCPU, on_stop);
}

void fg_cli_finish(void) {
    finishing = 1;
}

void fg_cli_hold_standard(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH) < 0)
            return;
}

/* Whether all that was printed has arrived. */
static int close_stdout(fg_err *err) {
    bool pending = __fpending(stdout) > 0, failed = ferror(stdout);
    errno = 0;
    int closed = fclose(stdout);
    /* A descriptor that was never open and never written to is no failure. */
    if (!failed && (closed == 0 || (errno == EBADF && !pending)))
        return 0;
    return fg_err_set(err, FG_EIO, "standard output: %s",
                      errno ? strerror(errno) : "not everything could be written");
}

int fg_cli_end(int status) {
    static bool ended;
    fg_err err;
    if (ended)
        return status;
    ended = true;
    fg_cli_clear_line();
    fg_cli_free_parsed();
    /* After a failure that was reported the state of standard output is no news. */
    if (close_stdout(&err) && status == FG_EXIT_DONE)
        status = errno == EPIPE ? FG_EXIT_FAILED : fg_cli_fail(&err);
    if (fg_cli_stop)
        on_kill(fg_cli_stop);
    return status;
}

int fg_cli_refuse_terminal(const char *path, const char *what, fg_err *err) {
    if (!fg_path_terminal(path))
        return 0;
    return fg_err_set(err, FG_EINVAL, "%s is binary and is not written to a terminal", what);
}

static bool is_spec(const unsigned char *data, size_t size) {
    size_t i = size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (i < size && strchr(" \t\r\n", data[i]) && data[i])
        i++;
    return i < size && data[i] == '{';
}

static int no_model(fg_err *err, const char *what) {
    const fg_cli_program *p = fg_cli_program_now();
    if (!p || !p->pipe)
        return fg_err_set(err, FG_EINVAL, "%s: name a file, or pipe one in", what);
    return fg_err_set(err, FG_EINVAL, "%s: name a file with -g, or pipe one in, as in %s", what, p->pipe);
}

int fg_cli_model_fail(const char *path, fg_err *err) {
    const fg_cli_program *p = fg_cli_program_now();
    return fg_hint_model(err, path, p ? p->make : NULL);
}

int fg_cli_model_check(const unsigned char *bytes, size_t size, fg_err *err) {
    if (is_spec(bytes, size) || fg_state_recognise(bytes, size))
        return FG_OK;
    return fg_err_set(err, FG_EFORMAT, "neither a graph spec, which is a JSON object, nor a state");
}

static int check_head(const unsigned char *head, size_t size, const void *path, fg_err *err) {
    return fg_cli_model_check(head, size, err) ? fg_err_prefix(err, "%s", (const char *)path) : FG_OK;
}

int fg_cli_model_read(fg_cli_model *model, const char *path, fg_err *err) {
    bool standard = !path || strcmp(path, "-") == 0;
    *model = (fg_cli_model){.path = standard ? "standard input" : path};
    if (standard && isatty(STDIN_FILENO))
        return no_model(err, path ? "a model is not typed in" : "no model");
    int code =
        fg_io_read_checked(&model->data, &model->size, path, MODEL_BYTES_MAX, check_head, model->path, err);
    if (code)
        return fg_cli_model_fail(path, err);
    model->is_spec = is_spec(model->data, model->size);
    if (model->size > 0)
        return 0;
    fg_free(model->data);
    *model = (fg_cli_model){0};
    if (!path)
        return no_model(err, "standard input is empty"), err->code = FG_EFORMAT;
    fg_err_set(err, FG_EFORMAT, "%s: empty, expected a graph spec or a state",
               standard ? "standard input" : path);
    return fg_cli_model_fail(path, err);
}

int fg_cli_end_record(fg_outfile **file, int status, fg_err *err) {
    fg_err late;
    if (!*file || !fg_outfile_commit(file, &late) || status)
        return status;
    *err = late;
    return late.code;
}

int fg_cli_not_converged(const fg_cli_common *common) {
    if (!common->quiet)
        fg_cli_warn("not converged: --iters N goes on longer, --tol X ends at changes below X");
    return FG_EXIT_NOT_CONVERGED;
}

void fg_cli_put_real(FILE *to, const char *key, int digits, double value) {
    if (isfinite(value))
        fprintf(to, ",\"%s\":%.*g", key, digits, value);
    else
        fprintf(to, ",\"%s\":null", key);
}

void fg_cli_put_peak(FILE *to) {
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used) == 0)
        fprintf(to, ",\"peak_mb\":%.1f", (double)used.ru_maxrss / 1024);
}

double fg_cli_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void fg_cli_clear_line(void) {
    if (line_width)
        fprintf(stderr, "\r%*s\r", (int)line_width, "");
    line_width = 0;
}

void fg_progress_begin(fg_progress *p, const fg_cli_common *common, const char *unit, int64_t total) {
    *p = (fg_progress){.unit = unit, .total = total, .started = fg_cli_seconds()};
    p->on = !common->quiet && !common->no_progress && isatty(STDERR_FILENO);
    p->at = p->started;
}

/* Seconds: often enough to see that something goes on, seldom enough for energies to be summed. */
static const double progress_every = 0.5;

bool fg_progress_due(const fg_progress *p) {
    return p->on && fg_cli_seconds() - p->shown >= progress_every;
}

/* "1:02:03" or "2:03". */
static void put_time(char *text, size_t size, double seconds) {
    long long s = (long long)(fmax(seconds, 0) + 0.5);
    if (s < 3600)
        snprintf(text, size, "%lld:%02lld", s / 60, s % 60);
    else
        snprintf(text, size, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
}

/* How long a line may be that is redrawn in place: one that goes on in the next row would stay there. */
static size_t line_room(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : SIZE_MAX;
}

void fg_progress_step(fg_progress *p, int64_t done, const char *note) {
    double now = p->on ? fg_cli_seconds() : 0;
    if (!p->on)
        return;
    if (done != p->done) {
        p->done = done;
        p->at = now;
    }
    if (now - p->shown < progress_every)
        return;
    char line[200], total[32] = "", speed[32] = "", left[64] = "";
    double rate = p->at > p->started ? (double)(done - p->base) / (p->at - p->started) : 0;
    if (p->total > 0)
        snprintf(total, sizeof total, "/%lld", (long long)p->total);
    if (rate > 0)
        snprintf(speed, sizeof speed, ", %.3g/s", rate);
    if (p->total > 0 && rate > 0 && done <= p->total) {
        char time[32];
        put_time(time, sizeof time, (double)(p->total - done) / rate - (now - p->at));
        snprintf(left, sizeof left, ", %s left", time);
    }
    int width = snprintf(line, sizeof line, "%lld%s %s%s%s%s%s", (long long)done, total, p->unit, speed, left,
                         note ? ", " : "", note ? note : "");
    size_t shown = width < (int)sizeof line ? (size_t)width : sizeof line - 1, old = line_width;
    shown = shown < line_room() ? shown : line_room();
    fprintf(stderr, "\r%.*s%*s", (int)shown, line, old > shown ? (int)(old - shown) : 0, "");
    line_width = shown;
    p->shown = now;
}

void fg_progress_end(fg_progress *p) {
    if (p->on)
        fg_cli_clear_line();
    p->on = false;
}

void fg_cli_wait_passively(char **argv) {
    char self[4096];
    const char *file = (const char *)getauxval(AT_EXECFN);
    /* A loader that was given the program to run is not the program. */
    bool own = file && fg_path_one(file, "/proc/self/exe");
    ssize_t n = !own || getenv("OMP_WAIT_POLICY") ? -1 : readlink("/proc/self/exe", self, sizeof self - 1);
    /* GNU's runtime first spins this often, about 0.1 ms: waking a thread takes as long. */
    if (n < 1 || setenv("OMP_WAIT_POLICY", "passive", 0) || setenv("GOMP_SPINCOUNT", "10000", 0))
        return;
    self[n] = 0;
    execv(self, argv); /* if this fails things work as well, only not beside other programs */
}
