/* The remote device's registers (device.xml gives them names) and the ports through which they are reached. */
#define _GNU_SOURCE
#include "producer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "descriptions.h" /* made from the .xml files by camera/producer/build.py */

#define XML_ADDRESS 0x100000u
#define STRING_BYTES 64u

uint32_t register_u32(const device *d, unsigned address)
{
    uint32_t value;
    memcpy(&value, d->registers + address - REG_FIRST, sizeof value);
    return value;
}

static void set_u32(device *d, unsigned address, uint32_t value)
{
    memcpy(d->registers + address - REG_FIRST, &value, sizeof value);
}

static void set_u64(device *d, unsigned address, uint64_t value)
{
    memcpy(d->registers + address - REG_FIRST, &value, sizeof value);
}

/* Where the web is now: behind the last line that has passed, those of the block that passes included. */
static uint64_t encoder_value(const device *d)
{
    uint64_t newest = feed_newest(&d->feed);
    const feed_header *h = d->feed.header;
    if (!newest)
        return 0;
    const feed_slot *slot = feed_slot_of(&d->feed, newest);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double since_s = ((double)now.tv_sec * 1e9 + (double)now.tv_nsec - (double)slot->completed_ns) / 1e9;
    double passing = feed_has_fault(&d->feed, FAULT_STAND) ? 0.0 : since_s * h->line_rate_hz;
    if (passing < 0.0)
        passing = 0.0;
    if (passing > h->lines)
        passing = h->lines;
    return slot->first_line + h->lines + (uint64_t)passing;
}

double register_f64(const device *d, unsigned address)
{
    double value;
    memcpy(&value, d->registers + address - REG_FIRST, sizeof value);
    return value;
}

static void set_f64(device *d, unsigned address, double value)
{
    memcpy(d->registers + address - REG_FIRST, &value, sizeof value);
}

void registers_reset(device *d)
{
    const feed_header *h = d->feed.header;
    memset(d->registers, 0, sizeof d->registers);
    set_u32(d, REG_WIDTH_MAX, h->width);
    set_u32(d, REG_HEIGHT_MAX, h->lines);
    set_u32(d, REG_WIDTH, h->width);
    set_u32(d, REG_HEIGHT, h->lines);
    set_u32(d, REG_PIXEL_FORMAT, h->bit_depth == 8 ? PFNC_MONO8 : h->bit_depth == 12 ? PFNC_MONO12 : PFNC_MONO16);
    set_u32(d, REG_ACQUISITION_MODE, ACQUISITION_CONTINUOUS);
    set_u32(d, REG_FRAME_COUNT, 1);
    set_u32(d, REG_TRIGGER_SOURCE, TRIGGER_SOURCE_LINE0);
    set_f64(d, REG_EXPOSURE_TIME, 20.0);
    set_f64(d, REG_LINE_RATE, h->line_rate_hz);
}

unsigned chunk_mask(const device *d)
{
    unsigned mask = 0;
    if (register_u32(d, REG_CHUNK_MODE))
        for (unsigned chunk = 0; chunk < CHUNK_COUNT; chunk++)
            if (register_u32(d, REG_CHUNK_ENABLE + 4u * chunk))
                mask |= 1u << chunk;
    return mask;
}

size_t chunk_bytes(unsigned mask)
{
    return (size_t)__builtin_popcount(mask) * CHUNK_VALUE_BYTES;
}

size_t image_bytes(const device *d)
{
    size_t pixel = register_u32(d, REG_PIXEL_FORMAT) == PFNC_MONO8 ? 1 : 2;
    return pixel * register_u32(d, REG_WIDTH) * register_u32(d, REG_HEIGHT);
}

/* ---- what a write does ---- */

static GC_ERROR refusal(const device *d, unsigned address, uint32_t value)
{
    const feed_header *h = d->feed.header;
    uint32_t width = address == REG_WIDTH ? value : register_u32(d, REG_WIDTH);
    uint32_t offset = address == REG_OFFSET_X ? value : register_u32(d, REG_OFFSET_X);
    if ((address == REG_WIDTH || address == REG_OFFSET_X) && (width == 0 || (uint64_t)width + offset > h->width))
        return fail(GC_ERR_INVALID_VALUE, "Width and OffsetX reach beyond the sensor");
    if (address == REG_HEIGHT && (value == 0 || value > h->lines))
        return fail(GC_ERR_INVALID_VALUE, "Height is beyond the block of the feed");
    if (address == REG_PIXEL_FORMAT && value != PFNC_MONO8 && value != PFNC_MONO12 && value != PFNC_MONO16)
        return fail(GC_ERR_INVALID_VALUE, "no such PixelFormat");
    return GC_ERR_SUCCESS;
}

static void after_write(device *d, unsigned address)
{
    switch (address) {
    case REG_ACQUISITION_START:
        d->is_acquiring = 1;
        d->software_triggers = 0;
        d->frame = d->lines_counted = 0;
        d->stream.started = 0;
        d->last_block = feed_newest(&d->feed);
        break;
    case REG_ACQUISITION_STOP:
        d->is_acquiring = 0;
        break;
    case REG_TRIGGER_SOFTWARE:
        d->software_triggers += d->is_acquiring;
        break;
    case REG_LINE_RATE:
        d->feed.header->line_rate_hz = register_f64(d, REG_LINE_RATE);
        break;
    case REG_USER_OUTPUT: {
        feed_header *h = d->feed.header;
        uint32_t level = register_u32(d, REG_USER_OUTPUT) != 0;
        if (level && !h->output) {
            h->rise_encoder[h->rises % FEED_RISES] = encoder_value(d);
            h->rises++;
        }
        h->output = level;
        break;
    }
    default:
        break;
    }
    pthread_cond_broadcast(&d->changed);
}

static GC_ERROR write_registers(device *d, uint64_t address, const void *data, size_t size)
{
    if (device_has_lost_contact(d))
        return fail(GC_ERR_IO, "the device does not answer: unplugged");
    if (address < REG_FIRST || address + size > REG_END)
        return fail(GC_ERR_INVALID_ADDRESS, "no such register");
    pthread_mutex_lock(&d->mutex);
    GC_ERROR result = GC_ERR_SUCCESS;
    if (size == sizeof(uint32_t)) {
        uint32_t value;
        memcpy(&value, data, sizeof value);
        result = refusal(d, (unsigned)address, value);
    }
    if (result == GC_ERR_SUCCESS) {
        memcpy(d->registers + address - REG_FIRST, data, size);
        after_write(d, (unsigned)address);
    }
    pthread_mutex_unlock(&d->mutex);
    return result;
}

static GC_ERROR read_strings(const device *d, uint64_t address, void *data, size_t size)
{
    const char *strings[] = {VENDOR, MODEL, d->feed.header->serial_number, d->feed.header->user_id, PRODUCER_VERSION};
    size_t index = (size_t)(address - REG_STRINGS) / STRING_BYTES;
    size_t skip = (size_t)(address - REG_STRINGS) % STRING_BYTES;
    char padded[STRING_BYTES] = {0};
    if (index >= sizeof strings / sizeof *strings || skip + size > STRING_BYTES)
        return fail(GC_ERR_INVALID_ADDRESS, "no such register");
    snprintf(padded, sizeof padded, "%s", strings[index]);
    memcpy(data, padded + skip, size);
    return GC_ERR_SUCCESS;
}

static GC_ERROR read_registers(device *d, uint64_t address, void *data, size_t size)
{
    if (device_has_lost_contact(d))
        return fail(GC_ERR_IO, "the device does not answer: unplugged");
    if (address < REG_FIRST)
        return read_strings(d, address < REG_STRINGS ? UINT64_MAX : address, data, size);
    if (address + size > REG_END)
        return fail(GC_ERR_INVALID_ADDRESS, "no such register");
    pthread_mutex_lock(&d->mutex);
    set_u32(d, REG_PAYLOAD_SIZE,
            (uint32_t)(image_bytes(d) + chunk_bytes(chunk_mask(d))) + ROOM_PER_LINE * register_u32(d, REG_HEIGHT) + ROOM);
    set_u64(d, REG_ENCODER, encoder_value(d));
    memcpy(data, d->registers + address - REG_FIRST, size);
    pthread_mutex_unlock(&d->mutex);
    return GC_ERR_SUCCESS;
}

/* ---- ports ---- */

static const unsigned char *description_of(const module *m, size_t *size)
{
    *size = m->kind == REMOTE_PORT ? sizeof device_xml - 1 : sizeof module_xml - 1;
    return m->kind == REMOTE_PORT ? device_xml : module_xml;
}

GENTL_API GCReadPort(void *port, uint64_t address, void *data, size_t *size)
{
    module *m = port;
    if (!m)
        return fail(GC_ERR_INVALID_HANDLE, "no port");
    if (address >= XML_ADDRESS) {
        size_t total, offset = (size_t)(address - XML_ADDRESS);
        const unsigned char *text = description_of(m, &total);
        if (offset > total)
            return fail(GC_ERR_INVALID_ADDRESS, "beyond the description");
        size_t there = *size < total - offset ? *size : total - offset;
        memset(data, 0, *size); /* readers round up to whole words */
        memcpy(data, text + offset, there);
        return GC_ERR_SUCCESS;
    }
    if (m->kind != REMOTE_PORT)
        return fail(GC_ERR_INVALID_ADDRESS, "this module has no registers");
    return read_registers(m->device, address, data, *size);
}

GENTL_API GCWritePort(void *port, uint64_t address, const void *data, size_t *size)
{
    module *m = port;
    if (!m || m->kind != REMOTE_PORT)
        return fail(GC_ERR_INVALID_ADDRESS, "this module has no registers to write");
    return write_registers(m->device, address, data, *size);
}

GENTL_API GCReadPortStacked(void *port, PORT_REGISTER_STACK_ENTRY *entries, size_t *count)
{
    for (size_t index = 0; index < *count; index++) {
        size_t size = entries[index].Size;
        GC_ERROR result = GCReadPort(port, entries[index].Address, entries[index].pBuffer, &size);
        if (result != GC_ERR_SUCCESS) {
            *count = index;
            return result;
        }
    }
    return GC_ERR_SUCCESS;
}

GENTL_API GCWritePortStacked(void *port, PORT_REGISTER_STACK_ENTRY *entries, size_t *count)
{
    for (size_t index = 0; index < *count; index++) {
        size_t size = entries[index].Size;
        GC_ERROR result = GCWritePort(port, entries[index].Address, entries[index].pBuffer, &size);
        if (result != GC_ERR_SUCCESS) {
            *count = index;
            return result;
        }
    }
    return GC_ERR_SUCCESS;
}

static const char *description_name(const module *m)
{
    return m->kind == REMOTE_PORT ? "web_camera_device.xml" : "web_camera_module.xml";
}

static void description_url(const module *m, char *url, size_t room)
{
    size_t size;
    description_of(m, &size);
    snprintf(url, room, "local:%s;%x;%zx", description_name(m), XML_ADDRESS, size);
}

GENTL_API GCGetNumPortURLs(void *port, uint32_t *count)
{
    (void)port;
    *count = 1;
    return GC_ERR_SUCCESS;
}

GENTL_API GCGetPortURL(void *port, char *url, size_t *size)
{
    char text[128];
    description_url(port, text, sizeof text);
    return answer_string(NULL, url, size, text);
}

GENTL_API GCGetPortURLInfo(void *port, uint32_t index, int32_t command, int32_t *type, void *buffer, size_t *size)
{
    char text[128];
    size_t bytes;
    if (index)
        return fail(GC_ERR_INVALID_INDEX, "there is one URL");
    description_of(port, &bytes);
    switch (command) {
    case URL_INFO_URL:
        description_url(port, text, sizeof text);
        return answer_string(type, buffer, size, text);
    case URL_INFO_SCHEMA_VER_MAJOR:
    case URL_INFO_SCHEMA_VER_MINOR:
    case URL_INFO_FILE_VER_MAJOR:
        return answer_i32(type, buffer, size, 1);
    case URL_INFO_FILE_VER_MINOR:
    case URL_INFO_FILE_VER_SUBMINOR:
    case URL_INFO_SCHEME: /* local */
        return answer_i32(type, buffer, size, 0);
    case URL_INFO_FILE_REGISTER_ADDRESS:
        return answer_u64(type, buffer, size, XML_ADDRESS);
    case URL_INFO_FILE_SIZE:
        return answer_u64(type, buffer, size, bytes);
    case URL_INFO_FILENAME:
        return answer_string(type, buffer, size, description_name(port));
    default:
        return fail(GC_ERR_NOT_AVAILABLE, "no such URL information");
    }
}

GENTL_API GCGetPortInfo(void *port, int32_t command, int32_t *type, void *buffer, size_t *size)
{
    static const char *const names[] = {"TLSystem", "TLInterface", "TLDevice", "Device", "TLDataStream"};
    const module *m = port;
    int is_remote = m->kind == REMOTE_PORT;
    switch (command) {
    case PORT_INFO_ID:
        return answer_string(type, buffer, size, m->device ? m->device->id : "WebInspectionTL");
    case PORT_INFO_VENDOR:
        return answer_string(type, buffer, size, VENDOR);
    case PORT_INFO_MODEL:
        return answer_string(type, buffer, size, MODEL);
    case PORT_INFO_TLTYPE:
        return answer_string(type, buffer, size, TL_TYPE);
    case PORT_INFO_MODULE:
        return answer_string(type, buffer, size, names[m->kind]);
    case PORT_INFO_LITTLE_ENDIAN:
    case PORT_INFO_ACCESS_READ:
        return answer_bool(type, buffer, size, 1);
    case PORT_INFO_BIG_ENDIAN:
    case PORT_INFO_ACCESS_NA:
    case PORT_INFO_ACCESS_NI:
        return answer_bool(type, buffer, size, 0);
    case PORT_INFO_ACCESS_WRITE:
        return answer_bool(type, buffer, size, is_remote);
    case PORT_INFO_VERSION:
        return answer_string(type, buffer, size, PRODUCER_VERSION);
    case PORT_INFO_PORTNAME:
        return answer_string(type, buffer, size, is_remote ? "Device" : "ModulePort");
    default:
        return fail(GC_ERR_NOT_IMPLEMENTED, "no such port information");
    }
}
