/* The producer's own objects: one system, one interface, up to four devices with one data stream each. */
#ifndef PRODUCER_H
#define PRODUCER_H

#include <pthread.h>

#include "feed.h"
#include "gentl.h"

#define DEVICES_MAX 4
#define TL_TYPE "Custom"
#define VENDOR "Web Inspection"
#define MODEL "Simulated line-scan camera"
#define PRODUCER_VERSION "1.0"

typedef enum { SYSTEM_MODULE, INTERFACE_MODULE, DEVICE_MODULE, REMOTE_PORT, STREAM_MODULE } module_kind;

struct device;

/* Every handle that is a port begins with this. */
typedef struct {
    module_kind kind;
    struct device *device; /* NULL for system and interface */
} module;

typedef struct buffer {
    struct buffer *next;
    uint8_t *base;
    size_t size;
    void *user_pointer;
    int is_own, is_queued, is_new, is_incomplete;
    unsigned chunk_mask; /* bit k: chunk k is in it */
    size_t image_bytes, chunk_bytes;
    uint64_t frame_id, timestamp_ns;
    uint32_t width, height, offset_x, pixel_format;
    uint32_t line_padding, image_padding, image_offset; /* bytes */
    uint32_t said_mask, silent_mask;                    /* bit k: BUFFER_INFO k is told as `said[k]`, or not at all */
    uint64_t said[FEED_SAYINGS];
} buffer;

/* Room in each buffer beyond the image: bytes for each line, and bytes in all. */
#define ROOM_PER_LINE 64u
#define ROOM 8192u

typedef struct {
    buffer *first, *last;
    size_t count;
} buffer_queue;

/* An event registration; `type` is EVENT_NEW_BUFFER or one of those that never fire here. */
typedef struct {
    struct device *device;
    int type, is_registered, is_killed;
    uint64_t fired;
} event;

typedef struct {
    module module;
    int is_open, is_running;
    pthread_t thread;
    buffer **announced;
    size_t announced_count;
    buffer_queue input, output;
    uint64_t delivered, underrun, started, target;
    event new_buffer;
} stream;

/* Registers of the remote device, as device.xml addresses them. */
enum {
    REG_STRINGS = 0x0100,  /* vendor, model, serial number, user id, version: 64 bytes each */
    REG_FIRST = 0x1000,
    REG_WIDTH = 0x1000,
    REG_HEIGHT = 0x1004,
    REG_PIXEL_FORMAT = 0x1008,
    REG_PAYLOAD_SIZE = 0x100C,
    REG_ACQUISITION_MODE = 0x1010,
    REG_ACQUISITION_START = 0x1014,
    REG_ACQUISITION_STOP = 0x1018,
    REG_TRIGGER_MODE = 0x101C,
    REG_TRIGGER_SOURCE = 0x1020,
    REG_TRIGGER_SOFTWARE = 0x1024,
    REG_TRIGGER_SELECTOR = 0x1028,
    REG_TRIGGER_ACTIVATION = 0x102C,
    REG_EXPOSURE_TIME = 0x1030, /* double */
    REG_GAIN = 0x1038,          /* double */
    REG_LINE_RATE = 0x1040,     /* double */
    REG_WIDTH_MAX = 0x1048,
    REG_HEIGHT_MAX = 0x104C,
    REG_OFFSET_X = 0x1050,
    REG_FRAME_COUNT = 0x1054,
    REG_TL_LOCKED = 0x1058,
    REG_CHUNK_MODE = 0x105C,
    REG_CHUNK_SELECTOR = 0x1060,
    REG_CHUNK_ENABLE = 0x1064, /* one word for each chunk: CHUNK_COUNT of them */
    REG_ENCODER = 0x1070,      /* 64 bits, live */
    REG_USER_OUTPUT_SELECTOR = 0x1078,
    REG_USER_OUTPUT = 0x107C,
    REG_END = 0x1080,
};
enum { TRIGGER_SOURCE_SOFTWARE = 0, TRIGGER_SOURCE_LINE0 = 1 };
enum { ACQUISITION_SINGLE = 0, ACQUISITION_MULTI = 1, ACQUISITION_CONTINUOUS = 2 };

/* Chunks in the order in which they lie behind the image; the ids are those of device.xml. */
enum { CHUNK_ENCODER_VALUE, CHUNK_LINE_COUNTER, CHUNK_TIMESTAMP, CHUNK_COUNT };
#define CHUNK_ID_FIRST 0x1001u
#define CHUNK_VALUE_BYTES sizeof(uint64_t)

typedef struct device {
    module local, remote;
    char id[32];
    feed feed;
    int is_open;
    _Atomic int is_lost; /* was unplugged since it was opened: this handle is dead for good */
    int is_acquiring;
    unsigned software_triggers;
    uint64_t frame;         /* of this acquisition, 1 for the first */
    uint64_t lines_counted; /* since the acquisition began */
    uint64_t last_block;    /* of the feed, last one looked at */
    uint8_t *kept;          /* the block that a stuck sensor shows again and again */
    uint64_t kept_first_line;
    int is_frozen;
    uint8_t registers[REG_END - REG_FIRST];
    stream stream;
    event device_error, remote_event;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
} device;

extern device devices[DEVICES_MAX];
extern int device_count;
extern module system_module, interface_module;
extern int library_is_open;

/* system.c */
GC_ERROR fail(GC_ERROR code, const char *text);
GC_ERROR answer(int32_t *type_out, int32_t type, void *buffer, size_t *size, const void *value, size_t value_size);
GC_ERROR answer_string(int32_t *type_out, void *buffer, size_t *size, const char *text);
GC_ERROR answer_i32(int32_t *type_out, void *buffer, size_t *size, int32_t value);
GC_ERROR answer_u32(int32_t *type_out, void *buffer, size_t *size, uint32_t value);
GC_ERROR answer_u64(int32_t *type_out, void *buffer, size_t *size, uint64_t value);
GC_ERROR answer_size(int32_t *type_out, void *buffer, size_t *size, size_t value);
GC_ERROR answer_bool(int32_t *type_out, void *buffer, size_t *size, int value);
GC_ERROR answer_pointer(int32_t *type_out, void *buffer, size_t *size, void *value);
uint64_t monotonic_ns(void);

/* device.c */
void device_prepare(device *d, int index);
int device_is_there(const device *d);
int device_has_lost_contact(device *d);
GC_ERROR device_info(device *d, int32_t command, int32_t *type, void *buffer, size_t *size);
GC_ERROR device_open(device *d, void **handle);
device *device_by_id(const char *id);

/* registers.c */
uint32_t register_u32(const device *d, unsigned address);
double register_f64(const device *d, unsigned address);
void registers_reset(device *d);
unsigned chunk_mask(const device *d);
size_t chunk_bytes(unsigned mask);
size_t image_bytes(const device *d);

/* stream.c */
void stream_prepare(device *d);
GC_ERROR wait_for_change(device *d, uint64_t until_ns);

/* picture.c */
int picture_keep(device *d, uint64_t block);
void picture_write(const device *d, buffer *b, const uint8_t *pixels, uint32_t height);
void chunks_write(const device *d, buffer *b, uint64_t first_line);

#endif
