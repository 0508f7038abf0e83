/* The data stream: buffers, queues, and the thread that turns blocks of the feed into frames. */
#define _GNU_SOURCE
#include "producer.h"

#include <stdlib.h>
#include <string.h>

#define FEED_POLL_NS 300000u

static void push(buffer_queue *q, buffer *b)
{
    b->next = NULL;
    if (q->last)
        q->last->next = b;
    else
        q->first = b;
    q->last = b;
    q->count++;
}

static buffer *pop(buffer_queue *q)
{
    buffer *b = q->first;
    if (b) {
        q->first = b->next;
        if (!q->first)
            q->last = NULL;
        q->count--;
    }
    return b;
}

void stream_prepare(device *d)
{
    d->stream.module = (module){STREAM_MODULE, d};
}

/* ---- acquisition ---- */

/* The next block that is to become a frame, 0 if none is due yet. The mutex is held. */
static uint64_t due_block(device *d)
{
    uint64_t newest = feed_newest(&d->feed);
    int waits_for_software =
        register_u32(d, REG_TRIGGER_MODE) && register_u32(d, REG_TRIGGER_SOURCE) == TRIGGER_SOURCE_SOFTWARE;
    if (!d->is_acquiring || device_has_lost_contact(d) || d->stream.started >= d->stream.target ||
        (waits_for_software && !d->software_triggers)) {
        d->last_block = newest; /* the web goes on unseen */
        return 0;
    }
    if (newest == d->last_block)
        return 0;
    if (waits_for_software)
        d->software_triggers--;
    return ++d->last_block;
}

static void count_frame(device *d)
{
    uint32_t mode = register_u32(d, REG_ACQUISITION_MODE);
    d->frame++;
    d->lines_counted += register_u32(d, REG_HEIGHT);
    d->stream.started++;
    if (mode == ACQUISITION_SINGLE || (mode == ACQUISITION_MULTI && d->frame >= register_u32(d, REG_FRAME_COUNT)))
        d->is_acquiring = 0;
}

static void say(buffer *b, unsigned command, uint64_t value)
{
    b->said_mask |= 1u << command;
    b->said[command] = value;
}

/* How the buffer is laid out, and what will be told of it. */
static void lay_out(device *d, buffer *b)
{
    feed_header *h = d->feed.header;
    b->line_padding = b->image_padding = b->image_offset = b->said_mask = b->silent_mask = 0;
    if (feed_count_down(&h->layout.frames)) {
        say(b, BUFFER_INFO_XPADDING, b->line_padding = h->layout.line_padding);
        say(b, BUFFER_INFO_YPADDING, b->image_padding = h->layout.image_padding);
        say(b, BUFFER_INFO_IMAGEOFFSET, b->image_offset = h->layout.image_offset);
    }
}

/* What the rig wants told in place of the truth. */
static void take_sayings(device *d, buffer *b)
{
    feed_header *h = d->feed.header;
    for (unsigned command = 0; command < FEED_SAYINGS; command++) {
        feed_saying *saying = &h->sayings[command];
        if (!feed_count_down(&saying->frames))
            continue;
        if (saying->is_silent)
            b->silent_mask |= 1u << command;
        else
            say(b, command, saying->value);
    }
}

static uint64_t frame_id(const device *d)
{
    const feed_header *h = d->feed.header;
    uint64_t modulus = atomic_load(&h->id_modulus);
    return (modulus ? (d->frame - 1) % modulus + 1 : d->frame) + atomic_load(&h->id_offset);
}

/* Fills a buffer from a block; -1 if the feed has overwritten the block meanwhile. */
static int expose(device *d, buffer *b, uint64_t block)
{
    const feed_slot *slot = feed_slot_of(&d->feed, block);
    uint64_t first_line = slot->first_line;
    const uint8_t *pixels = (const uint8_t *)(slot + 1);
    uint32_t height = register_u32(d, REG_HEIGHT), delivered = height;

    if (!feed_take_fault(&d->feed, FAULT_FREEZE))
        d->is_frozen = 0;
    else if (!d->is_frozen)
        d->is_frozen = block > 1 && picture_keep(d, block - 1) == 0;
    if (d->is_frozen) {
        first_line = d->kept_first_line;
        pixels = d->kept;
    }
    if (feed_take_fault(&d->feed, FAULT_BLACK))
        pixels = NULL;
    if (feed_take_fault(&d->feed, FAULT_SHORT))
        delivered = height > 3 ? height * 3 / 10 : 1;

    b->width = register_u32(d, REG_WIDTH);
    if (feed_take_fault(&d->feed, FAULT_WRONG_SIZE))
        b->width = b->width > 1 ? b->width / 2 : b->width;
    lay_out(d, b);
    b->offset_x = register_u32(d, REG_OFFSET_X);
    b->pixel_format = register_u32(d, REG_PIXEL_FORMAT);
    b->chunk_mask = chunk_mask(d);
    b->chunk_bytes = chunk_bytes(b->chunk_mask);
    b->timestamp_ns = slot->completed_ns;
    b->is_incomplete = 0;
    if (b->size < b->chunk_bytes)
        return -1;
    picture_write(d, b, pixels, delivered);
    if (delivered < height) {
        say(b, BUFFER_INFO_HEIGHT, height);
        say(b, BUFFER_INFO_DELIVERED_IMAGEHEIGHT, delivered);
    }
    take_sayings(d, b);
    chunks_write(d, b, first_line);
    if (feed_take_fault(&d->feed, FAULT_INCOMPLETE))
        b->is_incomplete = 1;
    return feed_still_holds(&d->feed, block) ? 0 : -1;
}

static void deliver(device *d, uint64_t block)
{
    stream *s = &d->stream;
    count_frame(d);
    if (feed_take_fault(&d->feed, FAULT_DROP) || feed_take_fault(&d->feed, FAULT_STALL))
        return;
    buffer *b = pop(&s->input);
    if (!b) {
        s->underrun++;
        return;
    }
    b->is_queued = 0;
    b->frame_id = frame_id(d);
    pthread_mutex_unlock(&d->mutex); /* the copy takes its time; the host may ask for the frame before */
    int result = expose(d, b, block);
    pthread_mutex_lock(&d->mutex);
    if (result != 0 || device_has_lost_contact(d)) {
        b->is_queued = 1;
        push(&s->input, b);
        return;
    }
    b->is_new = 1;
    push(&s->output, b);
    s->new_buffer.fired++;
    pthread_cond_broadcast(&d->changed);
}

static void *acquire(void *argument)
{
    device *d = argument;
    pthread_mutex_lock(&d->mutex);
    while (d->stream.is_running) {
        uint64_t block = due_block(d);
        if (block)
            deliver(d, block);
        else
            wait_for_change(d, monotonic_ns() + FEED_POLL_NS);
    }
    pthread_mutex_unlock(&d->mutex);
    return NULL;
}

GENTL_API DSStartAcquisition(void *handle, int32_t flags, uint64_t frames)
{
    device *d = ((module *)handle)->device;
    stream *s = &d->stream;
    (void)flags;
    if (s->is_running)
        return fail(GC_ERR_RESOURCE_IN_USE, "the stream is running already");
    s->target = frames;
    s->started = s->delivered = s->underrun = 0;
    s->is_running = 1;
    if (pthread_create(&s->thread, NULL, acquire, d) != 0) {
        s->is_running = 0;
        return fail(GC_ERR_ERROR, "no thread for the acquisition");
    }
    return GC_ERR_SUCCESS;
}

GENTL_API DSStopAcquisition(void *handle, int32_t flags)
{
    device *d = ((module *)handle)->device;
    (void)flags;
    if (!d->stream.is_running)
        return fail(GC_ERR_RESOURCE_IN_USE, "the stream is not running");
    pthread_mutex_lock(&d->mutex);
    d->stream.is_running = 0;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->mutex);
    pthread_join(d->stream.thread, NULL);
    return GC_ERR_SUCCESS;
}

/* ---- buffers ---- */

static GC_ERROR announce(device *d, void *base, size_t size, void *user_pointer, int is_own, void **handle)
{
    stream *s = &d->stream;
    buffer *b = calloc(1, sizeof *b);
    pthread_mutex_lock(&d->mutex);
    buffer **longer = b ? realloc(s->announced, (s->announced_count + 1) * sizeof *s->announced) : NULL;
    if (longer) {
        *b = (buffer){.base = base, .size = size, .user_pointer = user_pointer, .is_own = is_own};
        s->announced = longer;
        s->announced[s->announced_count++] = b;
        *handle = b;
    }
    pthread_mutex_unlock(&d->mutex);
    if (!longer) {
        free(b);
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a buffer");
    }
    return GC_ERR_SUCCESS;
}

GENTL_API DSAnnounceBuffer(void *handle, void *base, size_t size, void *user_pointer, void **announced)
{
    if (!base || !size)
        return fail(GC_ERR_INVALID_PARAMETER, "an empty buffer");
    return announce(((module *)handle)->device, base, size, user_pointer, 0, announced);
}

GENTL_API DSAllocAndAnnounceBuffer(void *handle, size_t size, void *user_pointer, void **announced)
{
    void *base = malloc(size);
    if (!base)
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a buffer");
    GC_ERROR result = announce(((module *)handle)->device, base, size, user_pointer, 1, announced);
    if (result != GC_ERR_SUCCESS)
        free(base);
    return result;
}

GENTL_API DSRevokeBuffer(void *handle, buffer *b, void **base, void **user_pointer)
{
    device *d = ((module *)handle)->device;
    stream *s = &d->stream;
    GC_ERROR result = fail(GC_ERR_INVALID_HANDLE, "no such buffer");
    pthread_mutex_lock(&d->mutex);
    for (size_t index = 0; index < s->announced_count; index++) {
        if (s->announced[index] != b)
            continue;
        if (b->is_queued) {
            result = fail(GC_ERR_BUSY, "the buffer is queued");
            break;
        }
        if (base)
            *base = b->is_own ? NULL : b->base;
        if (user_pointer)
            *user_pointer = b->user_pointer;
        if (b->is_own)
            free(b->base);
        free(b);
        s->announced[index] = s->announced[--s->announced_count];
        result = GC_ERR_SUCCESS;
        break;
    }
    if (s->announced_count == 0) {
        free(s->announced);
        s->announced = NULL;
    }
    pthread_mutex_unlock(&d->mutex);
    return result;
}

GENTL_API DSQueueBuffer(void *handle, buffer *b)
{
    device *d = ((module *)handle)->device;
    GC_ERROR result = GC_ERR_SUCCESS;
    pthread_mutex_lock(&d->mutex);
    if (b->is_queued) {
        result = fail(GC_ERR_RESOURCE_IN_USE, "the buffer is queued already");
    } else {
        b->is_queued = 1;
        b->is_new = 0;
        push(&d->stream.input, b);
    }
    pthread_mutex_unlock(&d->mutex);
    return result;
}

static int is_in(const buffer_queue *q, const buffer *b)
{
    for (const buffer *each = q->first; each; each = each->next)
        if (each == b)
            return 1;
    return 0;
}

static void queue_idle_buffers(stream *s)
{
    for (size_t index = 0; index < s->announced_count; index++) {
        buffer *b = s->announced[index];
        if (!b->is_queued && !is_in(&s->output, b)) {
            b->is_queued = 1;
            push(&s->input, b);
        }
    }
}

GENTL_API DSFlushQueue(void *handle, int32_t operation)
{
    device *d = ((module *)handle)->device;
    stream *s = &d->stream;
    buffer *b;
    pthread_mutex_lock(&d->mutex);
    if (operation == ACQ_QUEUE_INPUT_TO_OUTPUT)
        while ((b = pop(&s->input))) {
            b->is_queued = b->is_new = 0;
            push(&s->output, b);
        }
    if (operation == ACQ_QUEUE_OUTPUT_DISCARD || operation == ACQ_QUEUE_ALL_DISCARD ||
        operation == ACQ_QUEUE_ALL_TO_INPUT)
        s->output = (buffer_queue){0};
    if (operation == ACQ_QUEUE_ALL_DISCARD)
        while ((b = pop(&s->input)))
            b->is_queued = 0;
    if (operation == ACQ_QUEUE_ALL_TO_INPUT || operation == ACQ_QUEUE_UNQUEUED_TO_INPUT)
        queue_idle_buffers(s);
    pthread_mutex_unlock(&d->mutex);
    return GC_ERR_SUCCESS;
}

GENTL_API DSClose(void *handle)
{
    stream *s = &((module *)handle)->device->stream;
    if (s->is_running)
        DSStopAcquisition(handle, 0);
    DSFlushQueue(handle, ACQ_QUEUE_ALL_DISCARD);
    while (s->announced_count)
        DSRevokeBuffer(handle, s->announced[0], NULL, NULL);
    s->new_buffer.is_registered = 0;
    s->is_open = 0;
    return GC_ERR_SUCCESS;
}
