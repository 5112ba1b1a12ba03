/* Loads plug-ins; checks the file and its ABI before using anything in it: see plugin.h. */
#include "commands/session/plugin.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>

#include "commands/session/plugin_list.h"
#include "commands/session/registry.h"
#include "commands/session/session.h"

/* Rejects world-writable files: a plug-in runs with the debugger's privileges, often root's. */
static struct error *check_file(const char *path)
{
	struct stat status;
	if (stat(path, &status))
		return error_system(errno, "cannot open the plug-in %s", path);
	if (!S_ISREG(status.st_mode))
		return error_create(ERROR_USAGE, "the plug-in %s is not a regular file", path);
	if (status.st_mode & S_IWOTH)
		return error_create(ERROR_USAGE,
			"cannot load the plug-in %s: it is world-writable; run chmod o-w on it",
			path);
	return NULL;
}

static struct error *check_commands(const struct plugin *plugin, const char *path)
{
	for (size_t i = 0; i < plugin->command_count; i++) {
		const struct command *command = plugin->commands[i];
		if (!command || !command->name || !command->usage || !command->summary ||
			!command->run)
			return error_create(ERROR_BAD_DATA,
				"the plug-in %s has a command without name, usage, summary or "
				"run()",
				path);
	}
	return NULL;
}

/* Registers all commands of a plug-in, or none. */
static struct error *add_commands(
	struct session *session, const struct plugin *plugin, const char *path)
{
	for (size_t i = 0; i < plugin->command_count; i++) {
		struct error *err = registry_add(session->registry, plugin->commands[i]);
		if (!err)
			continue;
		while (i-- > 0)
			registry_remove(session->registry, plugin->commands[i]);
		return error_wrap(err, "cannot load the plug-in %s", path);
	}
	return NULL;
}

/* Checks and registers an opened shared object. */
static struct error *register_plugin(struct session *session, void *handle, const char *path)
{
	for (struct plugin_list *at = session->plugins; at; at = at->next)
		if (at->handle == handle)
			return error_create(ERROR_USAGE, "the plug-in %s is already loaded", path);
	const struct plugin *plugin = dlsym(handle, PLUGIN_SYMBOL);
	if (!plugin)
		return error_create(ERROR_USAGE,
			"%s is not a gctxdbg plug-in: it has no symbol " PLUGIN_SYMBOL, path);
	if (plugin->abi != PLUGIN_ABI)
		return error_create(ERROR_USAGE,
			"the plug-in %s was built for plug-in ABI %u, but this gctxdbg has %u: "
			"rebuild it with the headers of this version",
			path, plugin->abi, (unsigned)PLUGIN_ABI);
	struct error *err = check_commands(plugin, path);
	if (err)
		return err;
	struct plugin_list *entry = malloc(sizeof(*entry));
	_cleanup_free_ char *copy = strdup(path);
	if (!entry || !copy) {
		free(entry);
		return error_no_memory();
	}
	err = add_commands(session, plugin, path);
	if (err) {
		free(entry);
		return err;
	}
	*entry = (struct plugin_list){
		.next = session->plugins,
		.handle = handle,
		.plugin = plugin,
		.path = take_pointer(copy),
	};
	session->plugins = entry;
	return NULL;
}

struct error *plugin_load(struct session *session, const char *path)
{
	/* Without a slash dlopen() would search the library path. */
	_cleanup_free_ char *real = realpath(path, NULL);
	if (!real)
		return error_system(errno, "cannot open the plug-in %s", path);
	struct error *err = check_file(real);
	if (err)
		return err;
	void *handle = dlopen(real, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return error_create(ERROR_USAGE, "cannot load the plug-in: %s", dlerror());
	err = register_plugin(session, handle, real);
	if (err)
		dlclose(handle);
	return err;
}

static int is_shared_object(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return length > 3 && !strcmp(entry->d_name + length - 3, ".so");
}

struct error *plugin_load_directory(struct session *session, const char *directory)
{
	struct dirent **entries = NULL;
	int count = scandir(directory, &entries, is_shared_object, alphasort);
	if (count < 0)
		return error_system(errno, "cannot read the plug-in directory %s", directory);
	struct error *err = NULL;
	for (int i = 0; i < count; i++) {
		_cleanup_free_ char *path = NULL;
		if (!err && asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0) {
			path = NULL;
			err = error_no_memory();
		}
		if (!err)
			err = plugin_load(session, path);
		free(entries[i]);
	}
	free(entries);
	return err;
}

void plugin_unload_all(struct session *session)
{
	while (session->plugins) {
		struct plugin_list *entry = session->plugins;
		session->plugins = entry->next;
		dlclose(entry->handle);
		free(entry->path);
		free(entry);
	}
}
