/* The table of the runtime's structs and fields that are used, and filling it from a source: see
 * runtime_layout.h. */
#include "dbg/go/program/runtime_layout.h"

#include <stdio.h>

/*
 * One row per field: Go type, path in it (NULL: the type's size) and destination. Alternatives,
 * newest first, are separated by '|'. `required`: without it no goroutine can be shown.
 */
struct row {
	const char *type;
	const char *path;
	size_t destination;
	bool required;
};

#define ROW(member, type, path)                                                                    \
	{                                                                                          \
		type, path, offsetof(struct runtime_layout, member), false                         \
	}
#define REQUIRED(member, type, path)                                                               \
	{                                                                                          \
		type, path, offsetof(struct runtime_layout, member), true                          \
	}

#define BUBBLE_TYPE "runtime.synctestBubble|runtime.synctestGroup"

#define MAP_TYPE                                                                                   \
	"internal/abi.SwissMapType|internal/abi.OldMapType|internal/abi.MapType|runtime.maptype"

static const struct row rows[] = {
	REQUIRED(g.size, "runtime.g", NULL),
	REQUIRED(g.stack_lo, "runtime.g", "stack.lo"),
	REQUIRED(g.stack_hi, "runtime.g", "stack.hi"),
	REQUIRED(g.m, "runtime.g", "m"),
	REQUIRED(g.sched_sp, "runtime.g", "sched.sp"),
	REQUIRED(g.sched_pc, "runtime.g", "sched.pc"),
	ROW(g.sched_bp, "runtime.g", "sched.bp"),
	REQUIRED(g.syscallsp, "runtime.g", "syscallsp"),
	REQUIRED(g.syscallpc, "runtime.g", "syscallpc"),
	ROW(g.panic, "runtime.g", "_panic"),
	ROW(g.defer, "runtime.g", "_defer"),
	REQUIRED(g.atomicstatus, "runtime.g", "atomicstatus"),
	REQUIRED(g.goid, "runtime.g", "goid"),
	ROW(g.waitsince, "runtime.g", "waitsince"),
	REQUIRED(g.waitreason, "runtime.g", "waitreason"),
	ROW(g.lockedm, "runtime.g", "lockedm"),
	ROW(g.parent_goid, "runtime.g", "parentGoid"),
	REQUIRED(g.gopc, "runtime.g", "gopc"),
	REQUIRED(g.startpc, "runtime.g", "startpc"),
	ROW(g.waiting, "runtime.g", "waiting"),
	ROW(g.labels, "runtime.g", "labels"),
	ROW(g.timer, "runtime.g", "timer"),
	ROW(g.tracking_seq, "runtime.g", "trackingSeq"),
	ROW(g.sleep_when, "runtime.g", "sleepWhen"),
	ROW(g.running_cleanups, "runtime.g", "runningCleanups"),

	ROW(g.sched_ctxt, "runtime.g", "sched.ctxt"),
	ROW(g.param, "runtime.g", "param"),
	ROW(g.coroarg, "runtime.g", "coroarg"),
	ROW(g.sig, "runtime.g", "sig"),
	ROW(g.sigcode0, "runtime.g", "sigcode0"),
	ROW(g.sigcode1, "runtime.g", "sigcode1"),
	ROW(g.sigpc, "runtime.g", "sigpc"),
	ROW(g.bubble, "runtime.g", "bubble|syncGroup"),
	ROW(defer.size, "runtime._defer", NULL),
	ROW(defer.sp, "runtime._defer", "sp"),
	ROW(defer.fn, "runtime._defer", "fn"),
	ROW(defer.link, "runtime._defer", "link"),
	ROW(defer.head, "runtime._defer", "head"),
	ROW(panic.size, "runtime._panic", NULL),
	ROW(panic.arg, "runtime._panic", "arg"),
	ROW(panic.link, "runtime._panic", "link"),
	ROW(panic.recovered, "runtime._panic", "recovered"),
	ROW(panic.goexit, "runtime._panic", "goexit"),
	ROW(panic.argp, "runtime._panic", "argp"),
	ROW(panic.repanicked, "runtime._panic", "repanicked"),

	REQUIRED(m.size, "runtime.m", NULL),
	REQUIRED(m.g0, "runtime.m", "g0"),
	REQUIRED(m.procid, "runtime.m", "procid"),
	ROW(m.gsignal, "runtime.m", "gsignal"),
	REQUIRED(m.curg, "runtime.m", "curg"),
	ROW(m.p, "runtime.m", "p"),
	ROW(m.id, "runtime.m", "id"),
	ROW(m.incgo, "runtime.m", "incgo"),
	REQUIRED(m.alllink, "runtime.m", "alllink"),
	ROW(m.vdso_sp, "runtime.m", "vdsoSP"),
	ROW(m.vdso_pc, "runtime.m", "vdsoPC"),
	ROW(m.spinning, "runtime.m", "spinning"),
	ROW(m.blocked, "runtime.m", "blocked"),
	ROW(m.syscall_tick, "runtime.m", "syscalltick"),
	ROW(m.old_p, "runtime.m", "oldp"),

	ROW(p.size, "runtime.p", NULL),
	ROW(p.id, "runtime.p", "id"),
	ROW(p.status, "runtime.p", "status"),
	ROW(p.m, "runtime.p", "m"),
	ROW(p.timers, "runtime.p", "timers.heap|timers"),
	ROW(p.sysmon_schedwhen, "runtime.p", "sysmontick.schedwhen"),
	ROW(p.sysmon_syscallwhen, "runtime.p", "sysmontick.syscallwhen"),

	ROW(sudog.size, "runtime.sudog", NULL),
	ROW(sudog.g, "runtime.sudog", "g"),
	ROW(sudog.next, "runtime.sudog", "next"),
	ROW(sudog.prev, "runtime.sudog", "prev"),
	ROW(sudog.elem, "runtime.sudog", "elem.vu|elem"), /* maybeTraceablePtr since 1.26 */
	ROW(sudog.is_select, "runtime.sudog", "isSelect"),
	ROW(sudog.ticket, "runtime.sudog", "ticket"),
	ROW(sudog.parent, "runtime.sudog", "parent"),
	ROW(sudog.waitlink, "runtime.sudog", "waitlink"),
	ROW(sudog.c, "runtime.sudog", "c.maybeTraceablePtr.vu|c"),

	ROW(hchan.size, "runtime.hchan", NULL),
	ROW(hchan.qcount, "runtime.hchan", "qcount"),
	ROW(hchan.dataqsiz, "runtime.hchan", "dataqsiz"),
	ROW(hchan.buf, "runtime.hchan", "buf"),
	ROW(hchan.elemsize, "runtime.hchan", "elemsize"),
	ROW(hchan.closed, "runtime.hchan", "closed"),
	ROW(hchan.lock, "runtime.hchan", "lock.key"),
	ROW(hchan.timer, "runtime.hchan", "timer"),
	ROW(hchan.elemtype, "runtime.hchan", "elemtype"),
	ROW(hchan.recvq_first, "runtime.hchan", "recvq.first"),
	ROW(hchan.sendq_first, "runtime.hchan", "sendq.first"),

	ROW(sched.lastpoll, "runtime.schedt", "lastpoll"),
	ROW(sched.ngsys, "runtime.schedt", "ngsys"),
	ROW(sched.nmspinning, "runtime.schedt", "nmspinning"),
	ROW(sched.goidgen, "runtime.schedt", "goidgen"),

	ROW(sema_root.size, "runtime.semaRoot", NULL),
	ROW(sema_root.treap, "runtime.semaRoot", "treap"),
	ROW(mutex.sema, "internal/sync.Mutex|sync.Mutex", "sema"),
	ROW(rwmutex.writer_sem, "sync.RWMutex", "writerSem"),
	ROW(rwmutex.reader_sem, "sync.RWMutex", "readerSem"),
	ROW(wait_group.sema, "sync.WaitGroup", "sema|state2"),
	ROW(cond.notify, "sync.Cond", "notify"),
	ROW(notify_list.head, "runtime.notifyList", "head"),
	ROW(notify_list.tail, "runtime.notifyList", "tail"),
	ROW(label_map.list, "runtime/pprof.labelMap", "Set.List|LabelSet.list"),
	ROW(poll_desc.size, "runtime.pollDesc", NULL),
	ROW(poll_desc.fd, "runtime.pollDesc", "fd"),
	ROW(poll_desc.rg, "runtime.pollDesc", "rg"),
	ROW(poll_desc.wg, "runtime.pollDesc", "wg"),
	ROW(timer.size, "runtime.timer", NULL),
	ROW(timer.when, "runtime.timer", "when"),
	ROW(timer.period, "runtime.timer", "period"),
	ROW(timer.function, "runtime.timer", "f"),
	ROW(timer.argument, "runtime.timer", "arg"),
	ROW(timer.next_when, "runtime.timer", "nextwhen"),
	ROW(timer.status, "runtime.timer", "status"),
	ROW(timer.state, "runtime.timer", "state"),
	ROW(timer.heap, "runtime.timer", "ts"),
	ROW(timer.is_fake, "runtime.timer", "isFake"),
	ROW(timer_when.size, "runtime.timerWhen", NULL),
	ROW(timer_when.timer, "runtime.timerWhen", "timer"),
	ROW(bubble.id, BUBBLE_TYPE, "id"),
	ROW(bubble.now, BUBBLE_TYPE, "now"),
	ROW(bubble.timers, BUBBLE_TYPE, "timers"),
	ROW(bubble.timer_heap, BUBBLE_TYPE, "timers.heap"),
	ROW(time_timer.timer, "runtime.timeTimer", "timer"),
	ROW(coro.gp, "runtime.coro", "gp"),
	ROW(coro.function, "runtime.coro", "f"),

	ROW(type.size, "internal/abi.Type|runtime._type", NULL),
	ROW(type.bytes, "internal/abi.Type|runtime._type", "Size_|size"),
	ROW(type.pointer_bytes, "internal/abi.Type|runtime._type", "PtrBytes|ptrdata"),
	ROW(type.gc_data, "internal/abi.Type|runtime._type", "GCData|gcdata"),
	ROW(type.tflag, "internal/abi.Type|runtime._type", "TFlag|tflag"),
	ROW(type.kind, "internal/abi.Type|runtime._type", "Kind_|kind"),
	ROW(type.str, "internal/abi.Type|runtime._type", "Str|str"),
	ROW(uncommon.size, "internal/abi.UncommonType|runtime.uncommontype", NULL),
	ROW(uncommon.pkgpath, "internal/abi.UncommonType|runtime.uncommontype", "PkgPath|pkgpath"),
	ROW(array_type.size, "internal/abi.ArrayType|runtime.arraytype", NULL),
	ROW(array_type.elem, "internal/abi.ArrayType|runtime.arraytype", "Elem|elem"),
	ROW(array_type.len, "internal/abi.ArrayType|runtime.arraytype", "Len|len"),
	ROW(chan_type.size, "internal/abi.ChanType|runtime.chantype", NULL),
	ROW(chan_type.elem, "internal/abi.ChanType|runtime.chantype", "Elem|elem"),
	ROW(chan_type.dir, "internal/abi.ChanType|runtime.chantype", "Dir|dir"),
	ROW(func_type.size, "internal/abi.FuncType|runtime.functype", NULL),
	ROW(func_type.in_count, "internal/abi.FuncType|runtime.functype", "InCount|inCount"),
	ROW(func_type.out_count, "internal/abi.FuncType|runtime.functype", "OutCount|outCount"),
	ROW(interface_type.size, "internal/abi.InterfaceType|runtime.interfacetype", NULL),
	ROW(interface_type.pkgpath, "internal/abi.InterfaceType|runtime.interfacetype",
		"PkgPath|pkgpath"),
	ROW(interface_type.methods, "internal/abi.InterfaceType|runtime.interfacetype",
		"Methods|mhdr"),
	ROW(imethod.size, "internal/abi.Imethod|runtime.imethod", NULL),
	ROW(imethod.name, "internal/abi.Imethod|runtime.imethod", "Name|name"),
	ROW(map_type.size, MAP_TYPE, NULL),
	ROW(map_type.key, MAP_TYPE, "Key|key"),
	ROW(map_type.elem, MAP_TYPE, "Elem|elem"),
	ROW(map_type.group, MAP_TYPE, "Group|Bucket|bucket"),
	ROW(ptr_type.size, "internal/abi.PtrType|runtime.ptrtype", NULL),
	ROW(ptr_type.elem, "internal/abi.PtrType|runtime.ptrtype", "Elem|elem"),
	ROW(slice_type.size, "internal/abi.SliceType|runtime.slicetype", NULL),
	ROW(slice_type.elem, "internal/abi.SliceType|runtime.slicetype", "Elem|elem"),
	ROW(struct_type.size, "internal/abi.StructType|runtime.structtype", NULL),
	ROW(struct_type.pkgpath, "internal/abi.StructType|runtime.structtype", "PkgPath|pkgPath"),
	ROW(struct_type.fields, "internal/abi.StructType|runtime.structtype", "Fields|fields"),
	ROW(struct_field.size, "internal/abi.StructField|runtime.structfield", NULL),
	ROW(struct_field.name, "internal/abi.StructField|runtime.structfield", "Name|name"),
	ROW(struct_field.type, "internal/abi.StructField|runtime.structfield", "Typ|typ"),
	ROW(struct_field.offset, "internal/abi.StructField|runtime.structfield",
		"Offset|offset|offsetAnon"),
	ROW(itab.size, "internal/abi.ITab|runtime.itab", NULL),
	ROW(itab.interface, "internal/abi.ITab|runtime.itab", "Inter|inter"),
	ROW(itab.type, "internal/abi.ITab|runtime.itab", "Type|_type"),
	ROW(itab.methods, "internal/abi.ITab|runtime.itab", "Fun|fun"),
	ROW(itab_table.entries, "runtime.itabTableType", "entries"),
	ROW(itab_table.size, "runtime.itabTableType", "size"),
	ROW(itab_table.count, "runtime.itabTableType", "count"),

	ROW(swiss_map.used, "internal/runtime/maps.Map", "used"),
	ROW(swiss_map.directory, "internal/runtime/maps.Map", "dirPtr"),
	ROW(swiss_map.directory_length, "internal/runtime/maps.Map", "dirLen"),
	ROW(swiss_map.writing, "internal/runtime/maps.Map", "writing"),
	ROW(swiss_table.size, "internal/runtime/maps.table", NULL),
	ROW(swiss_table.index, "internal/runtime/maps.table", "index"),
	ROW(swiss_table.used, "internal/runtime/maps.table", "used"),
	ROW(swiss_table.groups, "internal/runtime/maps.table", "groups.data"),
	ROW(swiss_table.length_mask, "internal/runtime/maps.table", "groups.lengthMask"),
	ROW(hmap.count, "runtime.hmap", "count"),
	ROW(hmap.flags, "runtime.hmap", "flags"),
	ROW(hmap.b, "runtime.hmap", "B"),
	ROW(hmap.buckets, "runtime.hmap", "buckets"),
	ROW(hmap.oldbuckets, "runtime.hmap", "oldbuckets"),

	ROW(heap.pages_in_use, "runtime.mheap", "pagesInUse"),
	ROW(heap.all_spans, "runtime.mheap", "allspans"),
	ROW(heap.sweep_gen, "runtime.mheap", "sweepgen"),
	ROW(heap.arenas, "runtime.mheap", "arenas"),
	ROW(arena.bitmap, "runtime.heapArena", "bitmap"),
	ROW(arena.no_more, "runtime.heapArena", "noMorePtrs"),
	ROW(span.size, "runtime.mspan", NULL),
	ROW(span.start, "runtime.mspan", "startAddr"),
	ROW(span.pages, "runtime.mspan", "npages"),
	ROW(span.object_size, "runtime.mspan", "elemsize"),
	ROW(span.object_count, "runtime.mspan", "nelems"),
	ROW(span.free_index, "runtime.mspan", "freeindex"),
	ROW(span.alloc_bits, "runtime.mspan", "allocBits"),
	ROW(span.mark_bits, "runtime.mspan", "gcmarkBits"),
	ROW(span.sweep_gen, "runtime.mspan", "sweepgen"),
	ROW(span.state, "runtime.mspan", "state"),
	ROW(span.span_class, "runtime.mspan", "spanclass"),
	ROW(span.large_type, "runtime.mspan", "largeType"),
	ROW(inline_marks.size, "runtime.spanInlineMarkBits", NULL),
	ROW(inline_marks.marks, "runtime.spanInlineMarkBits", "marks"),
	ROW(mstats.numgc, "runtime.mstats", "numgc"),
	ROW(mstats.last_gc, "runtime.mstats", "last_gc_nanotime"),
	ROW(mstats.last_gc_unix, "runtime.mstats", "last_gc_unix"),
	ROW(mstats.pause_total, "runtime.mstats", "pause_total_ns"),
	ROW(mstats.pause_ns, "runtime.mstats", "pause_ns"),
	ROW(mstats.pause_end, "runtime.mstats", "pause_end"),
	ROW(gc.heap_live, "runtime.gcControllerState", "heapLive"),
	ROW(gc.heap_marked, "runtime.gcControllerState", "heapMarked"),
	ROW(gc.heap_in_use, "runtime.gcControllerState", "heapInUse"),
	ROW(gc.heap_released, "runtime.gcControllerState", "heapReleased"),
	ROW(gc.heap_free, "runtime.gcControllerState", "heapFree"),
	ROW(gc.mark_start, "runtime.gcControllerState", "markStartTime"),

	REQUIRED(moduledata.size, "runtime.moduledata", NULL),
	REQUIRED(moduledata.pc_header, "runtime.moduledata", "pcHeader"),
	REQUIRED(moduledata.text, "runtime.moduledata", "text"),
	REQUIRED(moduledata.etext, "runtime.moduledata", "etext"),
	ROW(moduledata.types, "runtime.moduledata", "types"),
	ROW(moduledata.etypes, "runtime.moduledata", "etypes"),
	REQUIRED(moduledata.gofunc, "runtime.moduledata", "gofunc"),
	ROW(moduledata.data, "runtime.moduledata", "data"),
	ROW(moduledata.edata, "runtime.moduledata", "edata"),
	ROW(moduledata.bss, "runtime.moduledata", "bss"),
	ROW(moduledata.ebss, "runtime.moduledata", "ebss"),
	ROW(moduledata.noptrdata, "runtime.moduledata", "noptrdata"),
	ROW(moduledata.enoptrdata, "runtime.moduledata", "enoptrdata"),
	ROW(moduledata.noptrbss, "runtime.moduledata", "noptrbss"),
	ROW(moduledata.enoptrbss, "runtime.moduledata", "enoptrbss"),
	ROW(moduledata.next, "runtime.moduledata", "next"),

	REQUIRED(pclntab.header.nfunc, "runtime.pcHeader", "nfunc"),
	REQUIRED(pclntab.header.nfiles, "runtime.pcHeader", "nfiles"),
	REQUIRED(pclntab.header.funcname_offset, "runtime.pcHeader", "funcnameOffset"),
	REQUIRED(pclntab.header.cu_offset, "runtime.pcHeader", "cuOffset"),
	REQUIRED(pclntab.header.filetab_offset, "runtime.pcHeader", "filetabOffset"),
	REQUIRED(pclntab.header.pctab_offset, "runtime.pcHeader", "pctabOffset"),
	REQUIRED(pclntab.header.pcln_offset, "runtime.pcHeader", "pclnOffset"),
	REQUIRED(pclntab.func.size, "runtime._func", NULL),
	REQUIRED(pclntab.func.name_offset, "runtime._func", "nameOff|nameoff"),
	ROW(pclntab.func.args, "runtime._func", "args"),
	REQUIRED(pclntab.func.pcsp, "runtime._func", "pcsp"),
	REQUIRED(pclntab.func.pcfile, "runtime._func", "pcfile"),
	REQUIRED(pclntab.func.pcln, "runtime._func", "pcln"),
	REQUIRED(pclntab.func.npcdata, "runtime._func", "npcdata"),
	REQUIRED(pclntab.func.cu_offset, "runtime._func", "cuOffset"),
	ROW(pclntab.func.start_line, "runtime._func", "startLine"),
	REQUIRED(pclntab.func.flag, "runtime._func", "flag"),
	REQUIRED(pclntab.func.nfuncdata, "runtime._func", "nfuncdata"),
	REQUIRED(pclntab.inlined.size, "runtime.inlinedCall", NULL),
	REQUIRED(pclntab.inlined.name_offset, "runtime.inlinedCall", "nameOff|func_"),
	REQUIRED(pclntab.inlined.parent_pc, "runtime.inlinedCall", "parentPc"),
	ROW(pclntab.inlined.parent, "runtime.inlinedCall", "parent"),
};

static const struct {
	const char *name;
	size_t destination;
} constants[] = {
#define STATUS(name, field)                                                                        \
	{                                                                                          \
		name, offsetof(struct runtime_layout, status.field)                                \
	}
	STATUS("runtime._Gidle", idle),
	STATUS("runtime._Grunnable", runnable),
	STATUS("runtime._Grunning", running),
	STATUS("runtime._Gsyscall", syscall),
	STATUS("runtime._Gwaiting", waiting),
	STATUS("runtime._Gdead", dead),
	STATUS("runtime._Gcopystack", copystack),
	STATUS("runtime._Gpreempted", preempted),
	STATUS("runtime._Gleaked", leaked),
	STATUS("runtime._Gdeadextra", deadextra),
	STATUS("runtime._Gscan", scan),
#undef STATUS
};

enum { MAX_ALTERNATIVES = 4, MAX_NAME = 64 };

/* One row's alternatives: every type with every path, in order. */
struct expansion {
	char types[MAX_ALTERNATIVES][MAX_NAME];
	char paths[MAX_ALTERNATIVES][MAX_NAME];
	struct field fields[MAX_ALTERNATIVES * MAX_ALTERNATIVES];
	size_t count;
};

/* Splits at '|'; returns the number of parts. */
static size_t split(const char *text, char ret[MAX_ALTERNATIVES][MAX_NAME])
{
	size_t count = 0;
	while (text && count < MAX_ALTERNATIVES) {
		const char *end = strchrnul(text, '|');
		snprintf(ret[count++], MAX_NAME, "%.*s", (int)(end - text), text);
		text = *end ? end + 1 : NULL;
	}
	return count;
}

static size_t add_queries(
	const struct row *row, struct expansion *expansion, struct field_query *queries)
{
	size_t types = split(row->type, expansion->types);
	size_t paths = row->path ? split(row->path, expansion->paths) : 1;
	expansion->count = 0;
	for (size_t t = 0; t < types; t++) {
		for (size_t p = 0; p < paths; p++) {
			struct field *field = &expansion->fields[expansion->count];
			*field = (struct field){0, 0};
			queries[expansion->count++] = (struct field_query){
				expansion->types[t], row->path ? expansion->paths[p] : NULL, field};
		}
	}
	return expansion->count;
}

static struct error *load_fields(const struct layout_source *source, struct runtime_layout *ret)
{
	enum { ROWS = array_length(rows) };
	_cleanup_free_ struct expansion *expansions = calloc(ROWS, sizeof(*expansions));
	_cleanup_free_ struct field_query *queries =
		calloc(ROWS * MAX_ALTERNATIVES * MAX_ALTERNATIVES, sizeof(*queries));
	if (!expansions || !queries)
		return error_no_memory();
	size_t count = 0;
	for (size_t i = 0; i < ROWS; i++)
		count += add_queries(&rows[i], &expansions[i], &queries[count]);
	struct error *err = source->fields(source->context, queries, count);
	if (err)
		return err;
	for (size_t i = 0; i < ROWS; i++) {
		struct field *destination = (void *)((char *)ret + rows[i].destination);
		for (size_t j = 0; j < expansions[i].count && !field_present(*destination); j++)
			*destination = expansions[i].fields[j];
		if (rows[i].required && !field_present(*destination))
			return error_create(ERROR_NOT_FOUND,
				"%s does not describe %s%s%s, "
				"which is required to read goroutines",
				source->description, rows[i].type, rows[i].path ? "." : "",
				rows[i].path ? rows[i].path : "");
	}
	return NULL;
}

static struct error *load_constants(const struct layout_source *source, struct runtime_layout *ret)
{
	enum { COUNT = array_length(constants) };
	struct constant_query queries[COUNT];
	bool present[COUNT] = {false};
	for (size_t i = 0; i < COUNT; i++) {
		int64_t *destination = (void *)((char *)ret + constants[i].destination);
		*destination = -1;
		queries[i] = (struct constant_query){constants[i].name, destination, &present[i]};
	}
	return source->constants(source->context, queries, COUNT);
}

/*
 * The numbers that all releases from 1.19 to 1.27 share, for a source that lacks them: DWARF does
 * not always have unreferenced constants.
 */
static void default_constants(struct status_constants *status)
{
	const struct status_constants known = {.idle = 0,
		.runnable = 1,
		.running = 2,
		.syscall = 3,
		.waiting = 4,
		.dead = 6,
		.copystack = 8,
		.preempted = 9,
		.leaked = -1,
		.deadextra = -1,
		.scan = 0x1000};
	if (status->runnable < 0 || status->waiting < 0)
		*status = known;
	if (status->scan < 0)
		status->scan = known.scan;
}

struct error *runtime_layout_load(const struct layout_source *source, struct runtime_layout *ret)
{
	*ret = (struct runtime_layout){.source = source->description};
	struct error *err = load_fields(source, ret);
	if (!err)
		err = load_constants(source, ret);
	default_constants(&ret->status);
	return err;
}

void runtime_layout_visit(const struct runtime_layout *layout,
	void (*visit)(void *context, const char *type, const char *path, struct field field),
	void *context)
{
	for (size_t i = 0; i < array_length(rows); i++) {
		const struct field *field =
			(const void *)((const char *)layout + rows[i].destination);
		visit(context, rows[i].type, rows[i].path, *field);
	}
}
