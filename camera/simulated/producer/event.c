/* Events: the new-buffer event of a stream; device errors and remote events can be registered but never fire. */
#define _GNU_SOURCE
#include "producer.h"

#include <string.h>
#include <time.h>

/* Waits until something changes or the time is reached (GENTL_INFINITE: for ever); the mutex is held. */
GC_ERROR wait_for_change(device *d, uint64_t until_ns)
{
    if (until_ns == GENTL_INFINITE) {
        pthread_cond_wait(&d->changed, &d->mutex);
        return GC_ERR_SUCCESS;
    }
    struct timespec until = {(time_t)(until_ns / 1000000000u), (long)(until_ns % 1000000000u)};
    return pthread_cond_timedwait(&d->changed, &d->mutex, &until) ? GC_ERR_TIMEOUT : GC_ERR_SUCCESS;
}

static event *event_of(module *m, int32_t type)
{
    if (m && m->kind == STREAM_MODULE && type == EVENT_NEW_BUFFER)
        return &m->device->stream.new_buffer;
    if (m && m->kind == DEVICE_MODULE && type == EVENT_ERROR)
        return &m->device->device_error;
    if (m && m->kind == REMOTE_PORT && type == EVENT_REMOTE_DEVICE)
        return &m->device->remote_event;
    return NULL;
}

GENTL_API GCRegisterEvent(void *source, int32_t type, void **handle)
{
    event *e = event_of(source, type);
    if (!e)
        return fail(GC_ERR_NOT_IMPLEMENTED, "this module has no such event");
    if (e->is_registered)
        return fail(GC_ERR_RESOURCE_IN_USE, "the event is registered already");
    *e = (event){.device = ((module *)source)->device, .type = type, .is_registered = 1};
    *handle = e;
    return GC_ERR_SUCCESS;
}

GENTL_API GCUnregisterEvent(void *source, int32_t type)
{
    event *e = event_of(source, type);
    if (!e || !e->is_registered)
        return fail(GC_ERR_INVALID_PARAMETER, "the event is not registered");
    pthread_mutex_lock(&e->device->mutex);
    e->is_registered = 0;
    e->is_killed = 1;
    pthread_cond_broadcast(&e->device->changed);
    pthread_mutex_unlock(&e->device->mutex);
    return GC_ERR_SUCCESS;
}

static buffer *next_delivered(stream *s)
{
    buffer *b = s->output.first;
    if (b) {
        s->output.first = b->next;
        if (!s->output.first)
            s->output.last = NULL;
        s->output.count--;
        s->delivered++;
    }
    return b;
}

GENTL_API EventGetData(void *handle, void *data, size_t *size, uint64_t timeout_ms)
{
    event *e = handle;
    if (!e || !e->device)
        return fail(GC_ERR_INVALID_HANDLE, "no event");
    if (*size < sizeof(EVENT_NEW_BUFFER_DATA))
        return fail(GC_ERR_BUFFER_TOO_SMALL, "the buffer is too small for the event");
    device *d = e->device;
    uint64_t until = timeout_ms == GENTL_INFINITE ? GENTL_INFINITE : monotonic_ns() + timeout_ms * 1000000u;
    GC_ERROR result = GC_ERR_SUCCESS;
    pthread_mutex_lock(&d->mutex);
    for (;;) {
        if (e->is_killed) {
            e->is_killed = 0;
            result = fail(GC_ERR_ABORT, "the wait was ended from outside");
            break;
        }
        buffer *b = e->type == EVENT_NEW_BUFFER ? next_delivered(&d->stream) : NULL;
        if (b) {
            EVENT_NEW_BUFFER_DATA found = {b, b->user_pointer};
            memcpy(data, &found, sizeof found);
            *size = sizeof found;
            break;
        }
        if (monotonic_ns() >= until) {
            result = fail(GC_ERR_TIMEOUT, "nothing came in this time");
            break;
        }
        wait_for_change(d, until);
    }
    pthread_mutex_unlock(&d->mutex);
    return result;
}

GENTL_API EventGetDataInfo(void *handle, const void *data, size_t data_size, int32_t command, int32_t *type,
                           void *buffer, size_t *size)
{
    EVENT_NEW_BUFFER_DATA found;
    if (((event *)handle)->type != EVENT_NEW_BUFFER || data_size < sizeof found)
        return fail(GC_ERR_INVALID_PARAMETER, "no new-buffer event");
    memcpy(&found, data, sizeof found);
    if (command == EVENT_DATA_ID)
        return answer_pointer(type, buffer, size, found.buffer);
    if (command == EVENT_DATA_VALUE)
        return answer_pointer(type, buffer, size, found.user_pointer);
    return fail(GC_ERR_NOT_IMPLEMENTED, "no such event information");
}

GENTL_API EventGetInfo(void *handle, int32_t command, int32_t *type, void *buffer, size_t *size)
{
    event *e = handle;
    switch (command) {
    case EVENT_EVENT_TYPE:
        return answer_i32(type, buffer, size, e->type);
    case EVENT_NUM_IN_QUEUE:
        return answer_size(type, buffer, size, e->type == EVENT_NEW_BUFFER ? e->device->stream.output.count : 0);
    case EVENT_NUM_FIRED:
        return answer_u64(type, buffer, size, e->fired);
    case EVENT_SIZE_MAX:
    case EVENT_INFO_DATA_SIZE_MAX:
        return answer_size(type, buffer, size, sizeof(EVENT_NEW_BUFFER_DATA));
    default:
        return fail(GC_ERR_NOT_IMPLEMENTED, "no such event information");
    }
}

GENTL_API EventFlush(void *handle)
{
    event *e = handle;
    pthread_mutex_lock(&e->device->mutex);
    if (e->type == EVENT_NEW_BUFFER)
        e->device->stream.output = (buffer_queue){0};
    pthread_mutex_unlock(&e->device->mutex);
    return GC_ERR_SUCCESS;
}

GENTL_API EventKill(void *handle)
{
    event *e = handle;
    pthread_mutex_lock(&e->device->mutex);
    e->is_killed = 1;
    pthread_cond_broadcast(&e->device->changed);
    pthread_mutex_unlock(&e->device->mutex);
    return GC_ERR_SUCCESS;
}
