/*
 * The layouts of the runtime's structs: every offset that the debugger uses, in one table.
 *
 * Filled once per program from a layout source (DWARF, the built-in table); no other code looks up
 * offsets. Code that reads a struct uses `layout->g.goid` and does not know the source. A field
 * that a release lacks is absent.
 *
 * The names are those of runtime/runtime2.go, symtab.go, chan.go, sema.go, netpoll.go, time.go,
 * map.go, iface.go, mheap.go, mgcpacer.go, internal/abi/type.go and internal/runtime/maps in
 * releases 1.19 to 1.27; see runtime_layout.c.
 */
#ifndef GCTXDBG_GO_PROGRAM_RUNTIME_LAYOUT_H
#define GCTXDBG_GO_PROGRAM_RUNTIME_LAYOUT_H

#include "dwarf/debug/layout.h"
#include "dwarf/pclntab/pclntab.h"

/* Goroutine statuses (runtime2.go); -1 where a release has none. */
struct status_constants {
	int64_t idle, runnable, running, syscall, waiting, dead, copystack, preempted, leaked,
		deadextra;
	int64_t scan; /* bit: the garbage collector is scanning its stack */
};

struct runtime_layout {
	struct {
		struct field size, stack_lo, stack_hi, m, sched_sp, sched_pc, sched_bp, syscallsp,
			syscallpc;
		struct field panic, defer, atomicstatus, goid, waitsince, waitreason, lockedm,
			parent_goid;
		struct field gopc, startpc, waiting, labels, timer, sleep_when, running_cleanups,
			tracking_seq, sched_ctxt, param, coroarg, bubble;
		struct field sig, sigcode0, sigcode1, sigpc;
	} g;
	struct {
		struct field size, sp, fn, link, head; /* `head`: since 1.22 */
	} defer;
	struct {
		struct field size, arg, link, recovered, goexit;
		struct field argp;	 /* up to 1.25 */
		struct field repanicked; /* since 1.25 */
	} panic;
	struct {
		struct field size, g0, procid, gsignal, curg, p, id, incgo, alllink;
		struct field vdso_sp, vdso_pc, spinning, blocked, syscall_tick, old_p;
	} m;
	struct {
		struct field size, id, status, m, sysmon_schedwhen, sysmon_syscallwhen, timers;
	} p;
	struct {
		struct field size, g, next, prev, elem, is_select, ticket, parent, waitlink, c;
	} sudog;
	struct {
		struct field size, qcount, dataqsiz, buf, elemsize, closed, lock, timer, elemtype,
			recvq_first, sendq_first;
	} hchan;
	struct {
		struct field lastpoll, ngsys, nmspinning, goidgen;
	} sched;
	struct {
		struct field size, treap;
	} sema_root;
	struct {
		struct field sema;
	} mutex; /* sync.Mutex */
	struct {
		struct field writer_sem, reader_sem;
	} rwmutex;
	struct {
		struct field sema;
	} wait_group;
	struct {
		struct field notify;
	} cond;
	struct {
		struct field head, tail;
	} notify_list;
	struct {
		struct field list; /* a slice of pairs (1.24 and later); absent: the labels are a
				      map[string]string */
	} label_map;
	struct {
		struct field size, fd, rg, wg;
	} poll_desc;
	struct {
		struct field size, when, period, function, argument;
		struct field next_when, status; /* up to 1.22 */
		struct field state, heap;	/* since 1.23 */
		struct field is_fake;		/* since 1.24 */
	} timer;
	struct {
		struct field size, timer; /* since 1.23: an entry of a P's timers */
	} timer_when;
	struct {
		struct field id, now, timers, timer_heap;
	} bubble; /* of testing/synctest, since 1.24; `id` since 1.25 */
	struct {
		struct field timer; /* since 1.23 */
	} time_timer;		    /* time.Timer and time.Ticker */
	struct {
		struct field gp, function;
	} coro; /* since 1.23 */
	struct {
		struct field size, bytes, pointer_bytes, gc_data, tflag, kind, str;
	} type; /* runtime._type, internal/abi.Type; `bytes`: the size of a value */
	struct {
		struct field size, pkgpath;
	} uncommon;
	/* What follows the common part of a type descriptor, by kind. */
	struct {
		struct field size, elem, len;
	} array_type;
	struct {
		struct field size, elem, dir;
	} chan_type;
	struct {
		struct field size, in_count, out_count;
	} func_type;
	struct {
		struct field size, pkgpath, methods;
	} interface_type;
	struct {
		struct field size, name;
	} imethod;
	struct {
		struct field size, key, elem, group;
	} map_type; /* `group`: the type of a bucket or of a group of slots */
	struct {
		struct field size, elem;
	} ptr_type;
	struct {
		struct field size, elem;
	} slice_type;
	struct {
		struct field size, pkgpath, fields;
	} struct_type;
	struct {
		struct field size, name, type, offset;
	} struct_field;
	struct {
		struct field size, interface, type, methods;
	} itab;
	struct {
		struct field entries, size, count;
	} itab_table;
	struct {
		struct field used, directory, directory_length, writing;
	} swiss_map; /* internal/runtime/maps; absent with classic maps */
	struct {
		struct field size, index, used, groups, length_mask;
	} swiss_table;
	struct {
		struct field count, flags, b, buckets, oldbuckets;
	} hmap; /* absent with Swiss-table maps */
	struct {
		struct field pages_in_use, all_spans, sweep_gen, arenas;
	} heap;
	struct {
		struct field bitmap, no_more; /* up to 1.21; `no_more` since 1.20 */
	} arena;
	struct {
		struct field size, start, pages, object_size, object_count, free_index, alloc_bits,
			mark_bits, sweep_gen, state, span_class;
		struct field large_type; /* since 1.22: small objects above 512 bytes begin with
					    their type */
	} span;
	struct {
		struct field size, marks;
	} inline_marks; /* at the end of spans of small objects; absent without the Green Tea
			   collector */
	struct {
		struct field numgc, last_gc, last_gc_unix, pause_total, pause_ns, pause_end;
	} mstats;
	struct {
		struct field heap_live, heap_marked, heap_in_use, heap_released, heap_free,
			mark_start;
	} gc;
	struct {
		struct field size, pc_header, text, etext, types, etypes, gofunc, next;
		struct field data, edata, bss, ebss, noptrdata, enoptrdata, noptrbss, enoptrbss;
	} moduledata;
	struct pclntab_layout pclntab;
	struct status_constants status;
	const char *source; /* description for `info` */
};

/*
 * Fills `ret` from `source`. Fields that it does not have stay absent; if a required one is
 * missing, the source does not describe the runtime: ERROR_NOT_FOUND, naming it. `ret->source`
 * points into `source`.
 */
struct error *runtime_layout_load(const struct layout_source *source, struct runtime_layout *ret);

/*
 * Calls `visit` for every row of the table with the field that was found. `type` and `path` list
 * their alternatives ("Str|str"); `path` is NULL for the size of the type itself.
 */
void runtime_layout_visit(const struct runtime_layout *layout,
	void (*visit)(void *context, const char *type, const char *path, struct field field),
	void *context);

#endif
