#include "dbg/target/native_unwind.h"
__attribute__((weak)) struct error *native_unwinder_create(struct target *target, struct native_unwinder **ret){(void)target;*ret=NULL;return NULL;}
__attribute__((weak)) void native_unwinder_destroy(struct native_unwinder *unwinder){(void)unwinder;}
__attribute__((weak)) void native_unwinder_refresh(struct native_unwinder *unwinder){(void)unwinder;}
__attribute__((weak)) struct error *native_unwind(struct native_unwinder *unwinder, const struct user_regs_struct *start,
	bool exact, bool (*on_frame)(void *context, const struct native_frame *frame), void *context){(void)unwinder;(void)start;(void)exact;(void)on_frame;(void)context;return NULL;}
