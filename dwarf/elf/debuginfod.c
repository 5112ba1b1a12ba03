/* Queries debuginfod servers through their client library: see debuginfod.h. */
#include "dwarf/elf/debuginfod.h"

#include <dlfcn.h>
#include <limits.h>
#include <unistd.h>

struct debuginfod_client;

/* The part of elfutils/debuginfod.h that we use; its package is not needed at build time. */
struct client_library {
	struct debuginfod_client *(*begin)(void);
	void (*end)(struct debuginfod_client *client);
	int (*find)(struct debuginfod_client *client, const unsigned char *build_id, int size,
		char **path);
	void (*set_progress)(struct debuginfod_client *client,
		int (*progress)(struct debuginfod_client *client, long a, long b));
	void (*set_user_data)(struct debuginfod_client *client, void *data);
};

/* The user data of the client, for the progress callback. */
struct download {
	bool (*cancelled)(void *context);
	void *context;
};

/* dlsym() returns functions as data pointers; POSIX guarantees the conversion. */
static bool find_function(void *handle, const char *name, void *ret_function)
{
	void *symbol = dlsym(handle, name);
	memcpy(ret_function, &symbol, sizeof(symbol));
	return symbol;
}

static int progress(struct debuginfod_client *client, long a, long b)
{
	(void)a, (void)b;
	/* The callback gets only the client, so ask the library for the client's data. */
	void *(*get_user_data)(struct debuginfod_client *);
	if (!find_function(RTLD_DEFAULT, "debuginfod_get_user_data", &get_user_data))
		return 0;
	const struct download *download = get_user_data(client);
	return download && download->cancelled && download->cancelled(download->context);
}

static bool load_client_library(struct client_library *ret)
{
	/*
	 * Never unloaded: it starts threads and initializes TLS libraries that cannot be unloaded.
	 */
	void *handle = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_GLOBAL);
	return handle && find_function(handle, "debuginfod_begin", &ret->begin) &&
	       find_function(handle, "debuginfod_end", &ret->end) &&
	       find_function(handle, "debuginfod_find_debuginfo", &ret->find) &&
	       find_function(handle, "debuginfod_set_progressfn", &ret->set_progress) &&
	       find_function(handle, "debuginfod_set_user_data", &ret->set_user_data);
}

char *debuginfod_download(struct bytes build_id, bool (*cancelled)(void *context), void *context)
{
	const char *servers = getenv("DEBUGINFOD_URLS");
	struct client_library library;
	if (!servers || !servers[0] || !build_id.size || build_id.size > INT_MAX ||
		!load_client_library(&library))
		return NULL;
	struct debuginfod_client *client = library.begin();
	if (!client)
		return NULL;
	struct download download = {cancelled, context};
	library.set_user_data(client, &download);
	library.set_progress(client, progress);
	char *path = NULL;
	int fd = library.find(client, build_id.data, (int)build_id.size, &path);
	library.end(client);
	if (fd < 0)
		return NULL;
	close(fd);
	return path;
}
