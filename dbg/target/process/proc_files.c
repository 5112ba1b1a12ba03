/* Parsing the files in /proc that describe a process. */
#include "dbg/target/process/proc_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "dwarf/base/fd.h"
#include "dwarf/base/proc_path.h"

enum { MAX_FILE = 256 << 20 };

int proc_read_file(const char *path, char **ret, size_t *ret_size)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	_cleanup_free_ char *text = NULL;
	size_t size = 0, capacity = 0;
	for (;;) {
		if (size > MAX_FILE)
			return EFBIG;
		if (!array_reserve(&text, &capacity, size + 4096 + 1))
			return ENOMEM;
		ssize_t n = read(fd, text + size, capacity - size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		size += (size_t)n;
		if (n == 0)
			break;
	}
	text[size] = 0;
	*ret = take_pointer(text);
	*ret_size = size;
	return 0;
}

/* Reads a short file of thread `tid` without its final newline; empty if it cannot be read. */
static void read_short(pid_t tid, const char *name, char *ret, size_t size)
{
	ret[0] = 0;
	_cleanup_fd_ int fd = open(proc_path(tid, name).text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t n = read(fd, ret, size - 1);
	ret[n > 0 ? n : 0] = 0;
	ret[strcspn(ret, "\n")] = 0;
}

void proc_read_comm(pid_t tid, char ret[static 16])
{
	char text[32];
	read_short(tid, "comm", text, sizeof(text));
	snprintf(ret, 16, "%.15s", text);
}

void proc_read_wchan(pid_t tid, char *ret, size_t size)
{
	read_short(tid, "wchan", ret, size);
	if (strcmp(ret, "0") == 0)
		ret[0] = 0;
}

/* The text after "KEY:" and blanks at the start of a line of `text`; NULL if there is none. */
static const char *status_field(const char *text, const char *key)
{
	size_t length = strlen(key);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strncmp(line, key, length) == 0 && line[length] == ':')
			return line + length + 1 + strspn(line + length + 1, " \t");
	}
	return NULL;
}

static uint64_t status_number(const char *text, const char *key, int base)
{
	const char *value = status_field(text, key);
	return value ? strtoull(value, NULL, base) : 0;
}

/* Real, effective and saved id. */
static void status_ids(const char *text, const char *key, unsigned ret[static 3])
{
	const char *value = status_field(text, key);
	if (!value || sscanf(value, "%u %u %u", &ret[0], &ret[1], &ret[2]) != 3)
		ret[0] = ret[1] = ret[2] = 0;
}

int proc_read_status(pid_t tid, struct process_status *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int errnum = proc_read_file(proc_path(tid, "status").text, &text, &size);
	if (errnum)
		return errnum;
	const char *state = status_field(text, "State");
	if (!state)
		return ESRCH;
	*ret = (struct process_status){
		.state = *state,
		.tgid = (pid_t)status_number(text, "Tgid", 10),
		.tracer = (pid_t)status_number(text, "TracerPid", 10),
		.permitted = status_number(text, "CapPrm", 16),
		.effective = status_number(text, "CapEff", 16),
		.seccomp = (int)status_number(text, "Seccomp", 10),
		.threads = (size_t)status_number(text, "Threads", 10),
	};
	status_ids(text, "Uid", ret->uids);
	status_ids(text, "Gid", ret->gids);
	return 0;
}

int proc_read_stat(pid_t tid, struct process_stat *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int errnum = proc_read_file(proc_path(tid, "stat").text, &text, &size);
	if (errnum)
		return errnum;
	/* Field 2, the name, may contain anything; the last parenthesis ends it. */
	const char *at = strrchr(text, ')');
	for (int field = 3; at && field <= 39; field++) {
		at = strchr(at + 1, ' ');
		if (!at || (field == 4 && sscanf(at, " %d", &ret->parent) != 1) ||
			(field == 9 && sscanf(at, " %u", &ret->flags) != 1) ||
			(field == 22 && sscanf(at, " %" SCNu64, &ret->start) != 1) ||
			(field == 38 && sscanf(at, " %d", &ret->exit_signal) != 1) ||
			(field == 39 && sscanf(at, " %d", &ret->processor) != 1))
			return ESRCH;
	}
	return at ? 0 : ESRCH;
}

pid_t proc_namespace_tid(pid_t tid)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	if (proc_read_file(proc_path(tid, "status").text, &text, &size) != 0)
		return tid;
	/* One number per namespace, from the debugger's to the innermost. */
	const char *list = status_field(text, "NSpid");
	long inner = tid;
	while (list && *list && *list != '\n') {
		char *end;
		long number = strtol(list, &end, 10);
		if (end == list)
			break;
		inner = number;
		list = end + strspn(end, " \t");
	}
	return (pid_t)inner;
}

bool proc_read_namespace(pid_t tid, const char *name, char ret[static 64])
{
	ssize_t length = readlink(proc_path(tid, name).text, ret, 63);
	ret[length > 0 ? length : 0] = 0;
	return length > 0;
}

bool proc_is_alive(pid_t tid)
{
	struct process_status status;
	return proc_read_status(tid, &status) == 0 && status.state != 'Z' && status.state != 'X';
}

bool proc_is_kernel_thread(pid_t tid)
{
	enum { PF_KTHREAD = 0x00200000 };
	struct process_stat stat;
	return proc_read_stat(tid, &stat) == 0 && stat.flags & PF_KTHREAD;
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

int proc_open_memory(pid_t tid, int flags)
{
	return open(proc_path(tid, "mem").text, flags | O_CLOEXEC);
}

bool proc_memory_lives(int fd, uint64_t address)
{
	uint8_t byte;
	return fd < 0 || !address || pread(fd, &byte, 1, (off_t)address) == 1;
}

int proc_list_threads(pid_t pid, pid_t **ret, size_t *ret_count)
{
	_cleanup_(close_directory) DIR *directory = opendir(proc_path(pid, "task").text);
	if (!directory)
		return errno;
	_cleanup_free_ pid_t *tids = NULL;
	size_t count = 0, capacity = 0;
	for (;;) {
		errno = 0;
		struct dirent *entry = readdir(directory);
		if (!entry)
			break;
		char *end;
		long tid = strtol(entry->d_name, &end, 10);
		if (*end || tid <= 0 || tid > INT32_MAX)
			continue;
		if (!array_reserve(&tids, &capacity, count + 1))
			return ENOMEM;
		tids[count++] = (pid_t)tid;
	}
	if (errno)
		return errno;
	*ret = take_pointer(tids);
	*ret_count = count;
	return 0;
}

/* The kernel writes a newline in a path as \012, and everything else as it is, even backslashes. */
static void decode_newlines(char *path)
{
	char *out = path;
	for (const char *in = path; *in;) {
		if (strncmp(in, "\\012", 4) == 0) {
			*out++ = '\n';
			in += 4;
		} else {
			*out++ = *in++;
		}
	}
	*out = 0;
}

/* One line without its newline: "start-end rwxp offset major:minor inode   path". */
static struct error *parse_line(const char *line, struct mapping *ret)
{
	char flags[5];
	int length = -1;
	int fields = sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*x:%*x %*u%n",
		&ret->start, &ret->end, flags, &ret->file_offset, &length);
	if (fields != 4 || length < 0 || ret->end < ret->start)
		return error_create(
			ERROR_BAD_DATA, "the kernel's memory map has a malformed line: %s", line);
	ret->readable = flags[0] == 'r';
	ret->writable = flags[1] == 'w';
	ret->executable = flags[2] == 'x';
	ret->shared = flags[3] == 's';
	/* The kernel pads with blanks up to a fixed column. Paths start with / or [, never with a
	 * blank. */
	const char *path = line + length + strspn(line + length, " ");
	ret->path = NULL;
	if (!*path)
		return NULL;
	ret->path = strdup(path);
	if (!ret->path)
		return error_no_memory();
	decode_newlines(ret->path);
	return NULL;
}

void mappings_free(struct mapping *mappings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(mappings[i].path);
	free(mappings);
}

struct error *parse_maps(char *text, struct mapping **ret, size_t *ret_count)
{
	struct mapping *mappings = NULL;
	size_t count = 0, capacity = 0;
	char *rest = text;
	for (char *line; (line = strsep(&rest, "\n"));) {
		if (!*line)
			continue;
		struct error *err = NULL;
		if (!array_reserve(&mappings, &capacity, count + 1))
			err = error_no_memory();
		else
			err = parse_line(line, &mappings[count]);
		if (err) {
			mappings_free(mappings, count);
			return err;
		}
		count++;
	}
	*ret = mappings;
	*ret_count = count;
	return NULL;
}

struct error *proc_read_maps(pid_t tid, struct mapping **ret, size_t *ret_count)
{
	struct proc_path path = proc_path(tid, "maps");
	_cleanup_free_ char *text = NULL;
	size_t size;
	int errnum = proc_read_file(path.text, &text, &size);
	if (errnum)
		return error_system(errnum, "cannot read the memory map %s", path.text);
	return parse_maps(text, ret, ret_count);
}

uint64_t auxv_value(const char *auxv, size_t size, uint64_t type)
{
	uint64_t pair[2];
	for (size_t at = 0; size - at >= sizeof(pair); at += sizeof(pair)) {
		memcpy(pair, auxv + at, sizeof(pair));
		if (pair[0] == type)
			return pair[1];
	}
	return 0;
}
