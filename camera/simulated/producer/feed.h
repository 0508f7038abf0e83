/* The feed: shared memory in which the generator's process puts finished blocks of web, one feed for each device.
 *
 * Written by camera/web_feed.py, which holds the same layout (FEED_LAYOUT); a change here is a change there and of
 * FEED_VERSION. Everything is little-endian and naturally aligned. The generator alone writes the picture fields and
 * the slots, the rig alone writes faults, layout, ids and sayings, rig and producer write `line_rate_hz`, the producer
 * `owner`, and
 * it counts down what is meant for a number of frames.
 */
#ifndef FEED_H
#define FEED_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define FEED_MAGIC "WEBFEED"
#define FEED_VERSION 3u
#define FEED_FOREVER UINT32_MAX

/* Faults on command; the value is the number of frames still to be spoilt. */
enum {
    FAULT_DROP,
    FAULT_INCOMPLETE,
    FAULT_FREEZE,
    FAULT_STALL,
    FAULT_UNPLUG,
    FAULT_WRONG_SIZE,
    FAULT_BLACK,
    FAULT_SHORT,
    FAULT_STAND, /* the generator's: no block passes */
    FAULT_COUNT,
};

/* How the next frames lie in their buffers; the producer announces it truly. */
typedef struct {
    _Atomic uint32_t frames;  /* still to be laid out so */
    uint32_t line_padding;    /* bytes behind each line */
    uint32_t image_padding;   /* bytes behind the last line */
    uint32_t image_offset;    /* bytes before the first line */
} feed_layout;

/* What the producer says of the next frames' buffers in place of the truth: one for each BUFFER_INFO command. */
typedef struct {
    _Atomic uint32_t frames;  /* still to be told so */
    uint32_t is_silent;       /* it does not tell at all: GC_ERR_NOT_IMPLEMENTED */
    uint64_t value;
} feed_saying;
#define FEED_SAYINGS 32
#define FEED_RISES 128

typedef struct {
    char magic[8];
    uint32_t version;
    uint32_t slots;
    uint32_t width;           /* px */
    uint32_t lines;           /* of a block */
    uint32_t bytes_per_pixel; /* 1 or 2 */
    uint32_t bit_depth;       /* 8, 12 or 16, in the low bits of a pixel */
    uint64_t data_offset;     /* of slot 0, from the start of the feed */
    uint64_t slot_stride;     /* bytes from slot to slot */
    char serial_number[32];
    char user_id[32];
    double line_rate_hz;      /* how fast the web passes */
    _Atomic uint64_t newest;  /* number of the last finished block, 0 before the first: each is an edge on Line0 */
    _Atomic uint32_t owner;   /* process that has the device open, 0: nobody */
    uint32_t reserved;
    _Atomic uint64_t id_modulus; /* frame ids begin again at 1 after so many; 0: never */
    _Atomic uint64_t id_offset;  /* added to each frame id */
    feed_layout layout;
    feed_saying sayings[FEED_SAYINGS];
    _Atomic uint32_t faults[FAULT_COUNT];
    _Atomic uint32_t output;         /* level of UserOutput0: 0 or 1 */
    _Atomic uint64_t rises;          /* how many times it went from 0 to 1 */
    _Atomic uint64_t rise_encoder[FEED_RISES]; /* where the web was at the last of them, in lines: rise n at n % FEED_RISES */
} feed_header;

typedef struct {
    _Atomic uint64_t block;   /* 1, 2, 3 ...; 0 while the slot is being written */
    uint64_t first_line;      /* encoder position of row 0, in lines */
    uint64_t completed_ns;    /* CLOCK_MONOTONIC when the last line was exposed */
    uint64_t reserved;
} feed_slot;                  /* pixels follow */

typedef struct {
    feed_header *header;
    size_t bytes;
} feed;

/* Maps a feed; returns 0, or -1 if there is none or it has another layout. */
int feed_open(feed *f, const char *path);
void feed_close(feed *f);

uint64_t feed_newest(const feed *f);
const feed_slot *feed_slot_of(const feed *f, uint64_t block);
/* True while the slot has not been used again: ask after having read it. */
int feed_still_holds(const feed *f, uint64_t block);

/* Counts down what is meant for a number of frames; true if it holds for this one. */
int feed_count_down(_Atomic uint32_t *frames);
/* Does this fault hold now? One with a count is counted down by asking. */
int feed_take_fault(feed *f, int fault);
/* The same without counting down. */
int feed_has_fault(const feed *f, int fault);

/* Makes this process the owner of the device; -1 if another live process is. */
int feed_claim(feed *f);
void feed_release(feed *f);
/* True if another live process has the device open. */
int feed_is_taken(const feed *f);

#endif
