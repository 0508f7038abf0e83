/* Library, system and interface modules, and how every module answers a question. */
#define _GNU_SOURCE
#include "producer.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

device devices[DEVICES_MAX];
int device_count;
module system_module = {SYSTEM_MODULE, NULL};
module interface_module = {INTERFACE_MODULE, NULL};
int library_is_open;

static int system_is_open, interface_is_open, interfaces_were_told;
static uint32_t devices_told;
static __thread GC_ERROR last_error;
static __thread char last_text[160];

GC_ERROR fail(GC_ERROR code, const char *text)
{
    last_error = code;
    snprintf(last_text, sizeof last_text, "%s", text);
    return code;
}

/* GenTL's way to hand out a value: without a buffer it tells the size, with one it fills it. */
GC_ERROR answer(int32_t *type_out, int32_t type, void *buffer, size_t *size, const void *value, size_t value_size)
{
    if (!size)
        return fail(GC_ERR_INVALID_PARAMETER, "no place for the size");
    if (type_out)
        *type_out = type;
    if (!buffer) {
        *size = value_size;
        return GC_ERR_SUCCESS;
    }
    if (*size < value_size)
        return fail(GC_ERR_BUFFER_TOO_SMALL, "the buffer is too small for the answer");
    memcpy(buffer, value, value_size);
    *size = value_size;
    return GC_ERR_SUCCESS;
}

GC_ERROR answer_string(int32_t *type_out, void *buffer, size_t *size, const char *text)
{
    return answer(type_out, TYPE_STRING, buffer, size, text, strlen(text) + 1);
}

GC_ERROR answer_i32(int32_t *type_out, void *buffer, size_t *size, int32_t value)
{
    return answer(type_out, TYPE_INT32, buffer, size, &value, sizeof value);
}

GC_ERROR answer_u32(int32_t *type_out, void *buffer, size_t *size, uint32_t value)
{
    return answer(type_out, TYPE_UINT32, buffer, size, &value, sizeof value);
}

GC_ERROR answer_u64(int32_t *type_out, void *buffer, size_t *size, uint64_t value)
{
    return answer(type_out, TYPE_UINT64, buffer, size, &value, sizeof value);
}

GC_ERROR answer_size(int32_t *type_out, void *buffer, size_t *size, size_t value)
{
    return answer(type_out, TYPE_SIZET, buffer, size, &value, sizeof value);
}

GC_ERROR answer_bool(int32_t *type_out, void *buffer, size_t *size, int value)
{
    bool8_t byte = value != 0;
    return answer(type_out, TYPE_BOOL8, buffer, size, &byte, sizeof byte);
}

GC_ERROR answer_pointer(int32_t *type_out, void *buffer, size_t *size, void *value)
{
    return answer(type_out, TYPE_PTR, buffer, size, &value, sizeof value);
}

uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static const char *own_path(void)
{
    Dl_info info;
    return dladdr((void *)&library_is_open, &info) && info.dli_fname ? info.dli_fname : "simulated.cti";
}

/* ---- library ---- */

/* The feeds lie beside the producer: feed-0, feed-1 ... are its devices. */
GENTL_API GCInitLib(void)
{
    if (library_is_open)
        return fail(GC_ERR_RESOURCE_IN_USE, "the library is initialised already");
    const char *path = own_path();
    const char *slash = strrchr(path, '/');
    int folder_length = slash ? (int)(slash - path) : 1;
    device_count = 0;
    interfaces_were_told = 0;
    devices_told = UINT32_MAX;
    for (int index = 0; index < DEVICES_MAX; index++) {
        char feed_path[1024];
        feed found;
        snprintf(feed_path, sizeof feed_path, "%.*s/feed-%d", folder_length, slash ? path : ".", index);
        if (feed_open(&found, feed_path) != 0)
            continue;
        devices[device_count].feed = found;
        device_prepare(&devices[device_count], device_count);
        device_count++;
    }
    library_is_open = 1;
    return GC_ERR_SUCCESS;
}

GENTL_API GCCloseLib(void)
{
    if (!library_is_open)
        return fail(GC_ERR_NOT_INITIALIZED, "the library is not initialised");
    for (int index = 0; index < device_count; index++) {
        pthread_mutex_destroy(&devices[index].mutex);
        pthread_cond_destroy(&devices[index].changed);
        feed_close(&devices[index].feed);
    }
    device_count = 0;
    library_is_open = 0;
    return GC_ERR_SUCCESS;
}

GENTL_API GCGetLastError(GC_ERROR *code, char *text, size_t *size)
{
    if (code)
        *code = last_error;
    return answer_string(NULL, text, size, last_text);
}

static GC_ERROR system_info(int32_t command, int32_t *type, void *buffer, size_t *size)
{
    const char *path = own_path();
    const char *slash = strrchr(path, '/');
    switch (command) {
    case TL_INFO_ID:
    case TL_INFO_MODEL:
        return answer_string(type, buffer, size, "WebInspectionTL");
    case TL_INFO_VENDOR:
        return answer_string(type, buffer, size, VENDOR);
    case TL_INFO_VERSION:
        return answer_string(type, buffer, size, PRODUCER_VERSION);
    case TL_INFO_TLTYPE:
        return answer_string(type, buffer, size, TL_TYPE);
    case TL_INFO_NAME:
        return answer_string(type, buffer, size, slash ? slash + 1 : path);
    case TL_INFO_PATHNAME:
        return answer_string(type, buffer, size, path);
    case TL_INFO_DISPLAYNAME:
        return answer_string(type, buffer, size, "Simulated web cameras");
    case TL_INFO_CHAR_ENCODING:
        return answer_i32(type, buffer, size, 1); /* UTF-8 */
    case TL_INFO_GENTL_VER_MAJOR:
        return answer_u32(type, buffer, size, 1);
    case TL_INFO_GENTL_VER_MINOR:
        return answer_u32(type, buffer, size, 6);
    default:
        return fail(GC_ERR_NOT_IMPLEMENTED, "no such system information");
    }
}

GENTL_API GCGetInfo(int32_t command, int32_t *type, void *buffer, size_t *size)
{
    return system_info(command, type, buffer, size);
}

/* ---- system ---- */

GENTL_API TLOpen(void **handle)
{
    if (!library_is_open)
        return fail(GC_ERR_NOT_INITIALIZED, "the library is not initialised");
    if (system_is_open)
        return fail(GC_ERR_RESOURCE_IN_USE, "the system is open already");
    system_is_open = 1;
    *handle = &system_module;
    return GC_ERR_SUCCESS;
}

GENTL_API TLClose(void *handle)
{
    (void)handle;
    system_is_open = 0;
    return GC_ERR_SUCCESS;
}

GENTL_API TLGetInfo(void *handle, int32_t command, int32_t *type, void *buffer, size_t *size)
{
    (void)handle;
    return system_info(command, type, buffer, size);
}

GENTL_API TLUpdateInterfaceList(void *handle, bool8_t *changed, uint64_t timeout)
{
    (void)handle, (void)timeout;
    if (changed)
        *changed = !interfaces_were_told;
    interfaces_were_told = 1;
    return GC_ERR_SUCCESS;
}

GENTL_API TLGetNumInterfaces(void *handle, uint32_t *count)
{
    (void)handle;
    *count = 1;
    return GC_ERR_SUCCESS;
}

static GC_ERROR interface_info(int32_t command, int32_t *type, void *buffer, size_t *size)
{
    switch (command) {
    case INTERFACE_INFO_ID:
        return answer_string(type, buffer, size, "WebInspectionIF");
    case INTERFACE_INFO_DISPLAYNAME:
        return answer_string(type, buffer, size, "Simulated web cameras");
    case INTERFACE_INFO_TLTYPE:
        return answer_string(type, buffer, size, TL_TYPE);
    default:
        return fail(GC_ERR_NOT_IMPLEMENTED, "no such interface information");
    }
}

GENTL_API TLGetInterfaceID(void *handle, uint32_t index, char *id, size_t *size)
{
    (void)handle;
    return index ? fail(GC_ERR_INVALID_INDEX, "there is one interface") : interface_info(INTERFACE_INFO_ID, NULL, id, size);
}

GENTL_API TLGetInterfaceInfo(void *handle, const char *id, int32_t command, int32_t *type, void *buffer, size_t *size)
{
    (void)handle, (void)id;
    return interface_info(command, type, buffer, size);
}

GENTL_API TLOpenInterface(void *handle, const char *id, void **interface)
{
    (void)handle, (void)id;
    if (interface_is_open)
        return fail(GC_ERR_RESOURCE_IN_USE, "the interface is open already");
    interface_is_open = 1;
    *interface = &interface_module;
    return GC_ERR_SUCCESS;
}

/* ---- interface ---- */

GENTL_API IFClose(void *handle)
{
    (void)handle;
    interface_is_open = 0;
    return GC_ERR_SUCCESS;
}

GENTL_API IFGetInfo(void *handle, int32_t command, int32_t *type, void *buffer, size_t *size)
{
    (void)handle;
    return interface_info(command, type, buffer, size);
}

GENTL_API IFGetParentTL(void *handle, void **parent)
{
    (void)handle;
    *parent = &system_module;
    return GC_ERR_SUCCESS;
}

static uint32_t present_devices(void)
{
    uint32_t count = 0;
    for (int index = 0; index < device_count; index++)
        count += device_is_there(&devices[index]) != 0;
    return count;
}

GENTL_API IFUpdateDeviceList(void *handle, bool8_t *changed, uint64_t timeout)
{
    uint32_t count = present_devices();
    (void)handle, (void)timeout;
    if (changed)
        *changed = count != devices_told;
    devices_told = count;
    return GC_ERR_SUCCESS;
}

GENTL_API IFGetNumDevices(void *handle, uint32_t *count)
{
    (void)handle;
    *count = present_devices();
    return GC_ERR_SUCCESS;
}

GENTL_API IFGetDeviceID(void *handle, uint32_t wanted, char *id, size_t *size)
{
    (void)handle;
    for (int index = 0; index < device_count; index++)
        if (device_is_there(&devices[index]) && wanted-- == 0)
            return answer_string(NULL, id, size, devices[index].id);
    return fail(GC_ERR_INVALID_INDEX, "there are fewer devices");
}

GENTL_API IFGetDeviceInfo(void *handle, const char *id, int32_t command, int32_t *type, void *buffer, size_t *size)
{
    device *d = device_by_id(id);
    (void)handle;
    return d ? device_info(d, command, type, buffer, size) : fail(GC_ERR_INVALID_ID, "no such device");
}

GENTL_API IFOpenDevice(void *handle, const char *id, int32_t access, void **opened)
{
    device *d = device_by_id(id);
    (void)handle, (void)access;
    return d ? device_open(d, opened) : fail(GC_ERR_INVALID_ID, "no such device");
}
