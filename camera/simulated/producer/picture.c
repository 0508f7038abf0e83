/* From a block of the feed to the bytes of a GenTL buffer: window, pixel format, chunks. */
#define _GNU_SOURCE
#include "producer.h"

#include <string.h>

#define PADDING_BYTE 0xAA

static size_t block_bytes(const device *d)
{
    const feed_header *h = d->feed.header;
    return (size_t)h->width * h->lines * h->bytes_per_pixel;
}

/* Keeps a block for a sensor that is stuck; -1 if the generator has overwritten it meanwhile. */
int picture_keep(device *d, uint64_t block)
{
    const feed_slot *slot = feed_slot_of(&d->feed, block);
    d->kept_first_line = slot->first_line;
    memcpy(d->kept, slot + 1, block_bytes(d));
    return feed_still_holds(&d->feed, block) ? 0 : -1;
}

static unsigned depth_of(uint32_t pixel_format)
{
    return pixel_format == PFNC_MONO8 ? 8 : pixel_format == PFNC_MONO12 ? 12 : 16;
}

static inline uint32_t shifted(uint32_t value, int left)
{
    return left >= 0 ? value << left : value >> -left;
}

/* One row of the window, in the chosen pixel format: the most significant bits stay. */
static void row_write(const device *d, const buffer *b, const uint8_t *pixels, uint32_t row, uint8_t *to)
{
    const feed_header *h = d->feed.header;
    int left = (int)depth_of(b->pixel_format) - (int)h->bit_depth;
    size_t start = (size_t)row * h->width + b->offset_x;
    const uint8_t *from8 = pixels + start;
    const uint16_t *from16 = (const uint16_t *)(const void *)pixels + start;
    int wide_in = h->bytes_per_pixel == 2, wide_out = b->pixel_format != PFNC_MONO8;

    if (wide_in == wide_out && left == 0) {
        memcpy(to, pixels + start * h->bytes_per_pixel, (size_t)b->width * h->bytes_per_pixel);
        return;
    }
    for (uint32_t x = 0; x < b->width; x++) {
        uint32_t value = shifted(wide_in ? from16[x] : from8[x], left);
        if (wide_out)
            ((uint16_t *)(void *)to)[x] = (uint16_t)value;
        else
            to[x] = (uint8_t)value;
    }
}

/* Fills the image part of a buffer with so many lines; what lies behind stays as it was. pixels NULL: black. */
void picture_write(const device *d, buffer *b, const uint8_t *pixels, uint32_t height)
{
    size_t row_bytes = (size_t)b->width * (b->pixel_format == PFNC_MONO8 ? 1 : 2);
    size_t stride = row_bytes + b->line_padding;
    size_t around = b->chunk_bytes + b->image_offset + b->image_padding;
    size_t room = b->size > around ? b->size - around : 0;
    b->height = height;
    if (stride * b->height > room) {
        b->height = (uint32_t)(room / stride);
        b->is_incomplete = 1;
    }
    b->image_bytes = b->image_offset + stride * b->height + b->image_padding;
    uint8_t *image = b->base + b->image_offset;
    for (uint32_t row = 0; row < b->height; row++)
        if (pixels)
            row_write(d, b, pixels, row, image + row * stride);
        else
            memset(image + row * stride, 0, row_bytes);
    if (b->line_padding) /* what is no pixel shows if it is taken for one */
        for (uint32_t row = 0; row < b->height; row++)
            memset(image + row * stride + row_bytes, PADDING_BYTE, b->line_padding);
}

/* The chunks lie behind the image, little-endian words of 64 bits; DSGetBufferChunkData tells where. */
void chunks_write(const device *d, buffer *b, uint64_t first_line)
{
    const uint64_t values[CHUNK_COUNT] = {
        [CHUNK_ENCODER_VALUE] = first_line,
        [CHUNK_LINE_COUNTER] = d->lines_counted,
        [CHUNK_TIMESTAMP] = b->timestamp_ns,
    };
    uint8_t *to = b->base + b->image_bytes;
    for (unsigned chunk = 0; chunk < CHUNK_COUNT; chunk++)
        if (b->chunk_mask & 1u << chunk) {
            memcpy(to, &values[chunk], CHUNK_VALUE_BYTES);
            to += CHUNK_VALUE_BYTES;
        }
}
