/* A device as the host sees it, and its events. */
#define _GNU_SOURCE
#include "producer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void device_prepare(device *d, int index)
{
    feed kept = d->feed;
    memset(d, 0, sizeof *d);
    d->feed = kept;
    d->local = (module){DEVICE_MODULE, d};
    d->remote = (module){REMOTE_PORT, d};
    snprintf(d->id, sizeof d->id, "WebCamera_%d", index);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&d->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&d->mutex, NULL);
    stream_prepare(d);
    registers_reset(d);
}

int device_is_there(const device *d)
{
    return !feed_has_fault(&d->feed, FAULT_UNPLUG);
}

/* Once the cable was out, an open handle stays dead, as with real cameras; only a new one works. */
int device_has_lost_contact(device *d)
{
    if (!device_is_there(d))
        d->is_lost = 1;
    return d->is_lost;
}

device *device_by_id(const char *id)
{
    for (int index = 0; index < device_count; index++)
        if (id && strcmp(devices[index].id, id) == 0)
            return &devices[index];
    return NULL;
}

static int32_t access_status(device *d)
{
    if (d->is_open)
        return device_has_lost_contact(d) ? DEVICE_ACCESS_STATUS_NOACCESS : DEVICE_ACCESS_STATUS_OPEN_READWRITE;
    if (!device_is_there(d))
        return DEVICE_ACCESS_STATUS_NOACCESS;
    return feed_is_taken(&d->feed) ? DEVICE_ACCESS_STATUS_BUSY : DEVICE_ACCESS_STATUS_READWRITE;
}

GC_ERROR device_info(device *d, int32_t command, int32_t *type, void *buffer, size_t *size)
{
    char name[128];
    switch (command) {
    case DEVICE_INFO_ID:
        return answer_string(type, buffer, size, d->id);
    case DEVICE_INFO_VENDOR:
        return answer_string(type, buffer, size, VENDOR);
    case DEVICE_INFO_MODEL:
        return answer_string(type, buffer, size, MODEL);
    case DEVICE_INFO_TLTYPE:
        return answer_string(type, buffer, size, TL_TYPE);
    case DEVICE_INFO_DISPLAYNAME:
        snprintf(name, sizeof name, "%s (%.31s)", MODEL, d->feed.header->serial_number);
        return answer_string(type, buffer, size, name);
    case DEVICE_INFO_ACCESS_STATUS:
        return answer_i32(type, buffer, size, access_status(d));
    case DEVICE_INFO_USER_DEFINED_NAME:
        return answer_string(type, buffer, size, d->feed.header->user_id);
    case DEVICE_INFO_SERIAL_NUMBER:
        return answer_string(type, buffer, size, d->feed.header->serial_number);
    case DEVICE_INFO_VERSION:
        return answer_string(type, buffer, size, PRODUCER_VERSION);
    case DEVICE_INFO_TIMESTAMP_FREQUENCY:
        return answer_u64(type, buffer, size, 1000000000u);
    default:
        return fail(GC_ERR_NOT_IMPLEMENTED, "no such device information");
    }
}

GC_ERROR device_open(device *d, void **handle)
{
    if (d->is_open)
        return fail(GC_ERR_RESOURCE_IN_USE, "the device is open already");
    if (!device_is_there(d))
        return fail(GC_ERR_NOT_AVAILABLE, "the device is not connected");
    if (feed_claim(&d->feed) != 0)
        return fail(GC_ERR_ACCESS_DENIED, "another process has the device open");
    const feed_header *h = d->feed.header;
    d->kept = malloc((size_t)h->width * h->lines * h->bytes_per_pixel);
    if (!d->kept) {
        feed_release(&d->feed);
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a block");
    }
    d->is_open = 1;
    d->is_lost = 0;
    registers_reset(d);
    *handle = &d->local;
    return GC_ERR_SUCCESS;
}

GENTL_API DevClose(void *handle)
{
    device *d = ((module *)handle)->device;
    if (!d->is_open)
        return fail(GC_ERR_INVALID_HANDLE, "the device is not open");
    feed_release(&d->feed);
    free(d->kept);
    d->kept = NULL;
    d->is_open = 0;
    return GC_ERR_SUCCESS;
}

GENTL_API DevGetInfo(void *handle, int32_t command, int32_t *type, void *buffer, size_t *size)
{
    return device_info(((module *)handle)->device, command, type, buffer, size);
}

GENTL_API DevGetPort(void *handle, void **port)
{
    *port = &((module *)handle)->device->remote;
    return GC_ERR_SUCCESS;
}

GENTL_API DevGetParentIF(void *handle, void **parent)
{
    (void)handle;
    *parent = &interface_module;
    return GC_ERR_SUCCESS;
}

GENTL_API DevGetNumDataStreams(void *handle, uint32_t *count)
{
    (void)handle;
    *count = 1;
    return GC_ERR_SUCCESS;
}

GENTL_API DevGetDataStreamID(void *handle, uint32_t index, char *id, size_t *size)
{
    (void)handle;
    return index ? fail(GC_ERR_INVALID_INDEX, "there is one stream") : answer_string(NULL, id, size, "Stream0");
}

GENTL_API DevOpenDataStream(void *handle, const char *id, void **opened)
{
    stream *s = &((module *)handle)->device->stream;
    (void)id;
    if (s->is_open)
        return fail(GC_ERR_RESOURCE_IN_USE, "the stream is open already");
    s->is_open = 1;
    *opened = &s->module;
    return GC_ERR_SUCCESS;
}
