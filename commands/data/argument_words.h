/*
 * The words of a frame's arguments, which `args` shows where no DWARF describes the variables.
 */
#ifndef GCTXDBG_COMMANDS_DATA_ARGUMENT_WORDS_H
#define GCTXDBG_COMMANDS_DATA_ARGUMENT_WORDS_H

#include "commands/data/value_view.h"
#include "dbg/go/stacks/frame_arguments.h"

struct argument_words {
	struct frame_arguments words;
	char *receiver_type;	    /* NULL: not a method with a pointer receiver */
	struct value_node receiver; /* if `has_receiver` */
	bool has_receiver;	    /* the program has a descriptor of its type */
};

/* Reads those of the selected frame. Free with argument_words_deinit(), also after an error. */
struct error *argument_words_load(
	struct session *session, const struct frame_view *view, struct argument_words *ret);
void argument_words_deinit(struct argument_words *words);

/* Prints "main.(*T).f(0xc000012340, {0x2, 0x3})" and the receiver. */
void argument_words_text(
	struct output *output, const struct frame *frame, const struct argument_words *words);
/* Writes `"words":"…"` and `"receiver":{…}`, as far as they are known. */
void argument_words_json(struct json *json, const struct argument_words *words);

#endif
