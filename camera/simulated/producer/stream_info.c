/* What a data stream and its buffers answer. */
#define _GNU_SOURCE
#include "producer.h"

#include <string.h>

GENTL_API DSGetParentDev(void *handle, void **parent)
{
    *parent = &((module *)handle)->device->local;
    return GC_ERR_SUCCESS;
}

GENTL_API DSGetBufferID(void *handle, uint32_t index, void **found)
{
    stream *s = &((module *)handle)->device->stream;
    if (index >= s->announced_count)
        return fail(GC_ERR_INVALID_INDEX, "there are fewer buffers");
    *found = s->announced[index];
    return GC_ERR_SUCCESS;
}

GENTL_API DSGetInfo(void *handle, int32_t command, int32_t *type, void *to, size_t *size)
{
    stream *s = &((module *)handle)->device->stream;
    switch (command) {
    case STREAM_INFO_ID:
        return answer_string(type, to, size, "Stream0");
    case STREAM_INFO_NUM_DELIVERED:
        return answer_u64(type, to, size, s->delivered);
    case STREAM_INFO_NUM_UNDERRUN:
        return answer_u64(type, to, size, s->underrun);
    case STREAM_INFO_NUM_ANNOUNCED:
        return answer_size(type, to, size, s->announced_count);
    case STREAM_INFO_NUM_QUEUED:
        return answer_size(type, to, size, s->input.count);
    case STREAM_INFO_NUM_AWAIT_DELIVERY:
        return answer_size(type, to, size, s->output.count);
    case STREAM_INFO_NUM_STARTED:
        return answer_u64(type, to, size, s->started);
    case STREAM_INFO_PAYLOAD_SIZE:
        return answer_size(type, to, size, 0);
    case STREAM_INFO_IS_GRABBING:
        return answer_bool(type, to, size, s->is_running);
    case STREAM_INFO_DEFINES_PAYLOADSIZE: /* no: the device's PayloadSize holds */
        return answer_bool(type, to, size, 0);
    case STREAM_INFO_TLTYPE:
        return answer_string(type, to, size, TL_TYPE);
    case STREAM_INFO_NUM_CHUNKS_MAX:
        return answer_size(type, to, size, CHUNK_COUNT);
    case STREAM_INFO_BUF_ANNOUNCE_MIN:
    case STREAM_INFO_BUF_ALIGNMENT:
        return answer_size(type, to, size, 1);
    default:
        return fail(GC_ERR_NOT_IMPLEMENTED, "no such stream information");
    }
}

/* Of a plain frame, that has nothing said of it. */
static GC_ERROR plain_answer(const buffer *b, int32_t command, int32_t *type, void *to, size_t *size)
{
    switch (command) {
    case BUFFER_INFO_BASE:
        return answer_pointer(type, to, size, b->base);
    case BUFFER_INFO_SIZE:
        return answer_size(type, to, size, b->size);
    case BUFFER_INFO_USER_PTR:
        return answer_pointer(type, to, size, b->user_pointer);
    case BUFFER_INFO_TIMESTAMP:
    case BUFFER_INFO_TIMESTAMP_NS:
        return answer_u64(type, to, size, b->timestamp_ns);
    case BUFFER_INFO_NEW_DATA:
        return answer_bool(type, to, size, b->is_new);
    case BUFFER_INFO_IS_QUEUED:
        return answer_bool(type, to, size, b->is_queued);
    case BUFFER_INFO_IS_ACQUIRING:
    case BUFFER_INFO_DATA_LARGER_THAN_BUFFER:
    case BUFFER_INFO_IS_COMPOSITE:
        return answer_bool(type, to, size, 0);
    case BUFFER_INFO_IS_INCOMPLETE:
        return answer_bool(type, to, size, b->is_incomplete);
    case BUFFER_INFO_TLTYPE:
        return answer_string(type, to, size, TL_TYPE);
    case BUFFER_INFO_SIZE_FILLED:
    case BUFFER_INFO_DATA_SIZE:
        return answer_size(type, to, size, b->image_bytes + b->chunk_bytes);
    case BUFFER_INFO_WIDTH:
        return answer_size(type, to, size, b->width);
    case BUFFER_INFO_HEIGHT:
    case BUFFER_INFO_DELIVERED_IMAGEHEIGHT:
        return answer_size(type, to, size, b->height);
    case BUFFER_INFO_XOFFSET:
        return answer_size(type, to, size, b->offset_x);
    case BUFFER_INFO_YOFFSET:
    case BUFFER_INFO_XPADDING:
    case BUFFER_INFO_YPADDING:
    case BUFFER_INFO_IMAGEOFFSET:
        return answer_size(type, to, size, 0);
    case BUFFER_INFO_FRAMEID:
        return answer_u64(type, to, size, b->frame_id);
    case BUFFER_INFO_IMAGEPRESENT:
        return answer_bool(type, to, size, 1);
    case BUFFER_INFO_PAYLOADTYPE:
        return answer_size(type, to, size, PAYLOAD_TYPE_IMAGE); /* with or without chunks, since GenTL 1.5 */
    case BUFFER_INFO_PIXELFORMAT:
        return answer_u64(type, to, size, b->pixel_format);
    case BUFFER_INFO_PIXELFORMAT_NAMESPACE:
        return answer_u64(type, to, size, PIXELFORMAT_NAMESPACE_PFNC_32BIT);
    case BUFFER_INFO_DELIVERED_CHUNKPAYLOADSIZE:
        return answer_size(type, to, size, b->chunk_bytes);
    case BUFFER_INFO_CHUNKLAYOUTID:
        return answer_u64(type, to, size, b->chunk_mask);
    case BUFFER_INFO_PIXEL_ENDIANNESS:
        return answer_i32(type, to, size, PIXELENDIANNESS_LITTLE);
    case BUFFER_INFO_CONTAINS_CHUNKDATA:
        return answer_bool(type, to, size, b->chunk_mask != 0);
    default:
        return fail(GC_ERR_NOT_IMPLEMENTED, "no such buffer information");
    }
}

GENTL_API DSGetBufferInfo(void *handle, buffer *b, int32_t command, int32_t *type, void *to, size_t *size)
{
    (void)handle;
    if (!b)
        return fail(GC_ERR_INVALID_HANDLE, "no buffer");
    int may_be_told = command >= 0 && command < FEED_SAYINGS;
    if (may_be_told && b->silent_mask & 1u << command)
        return fail(GC_ERR_NOT_IMPLEMENTED, "this producer does not tell");
    GC_ERROR result = plain_answer(b, command, type, to, size);
    if (result == GC_ERR_SUCCESS && to && may_be_told && b->said_mask & 1u << command)
        memcpy(to, &b->said[command], *size < sizeof b->said[command] ? *size : sizeof b->said[command]);
    return result;
}

GENTL_API DSGetBufferChunkData(void *handle, buffer *b, SINGLE_CHUNK_DATA *chunks, size_t *count)
{
    size_t there = b->chunk_bytes / CHUNK_VALUE_BYTES;
    (void)handle;
    if (!chunks) {
        *count = there;
        return GC_ERR_SUCCESS;
    }
    if (*count < there)
        return fail(GC_ERR_BUFFER_TOO_SMALL, "no room for all chunks");
    ptrdiff_t offset = (ptrdiff_t)b->image_bytes;
    size_t found = 0;
    for (unsigned chunk = 0; chunk < CHUNK_COUNT; chunk++)
        if (b->chunk_mask & 1u << chunk) {
            chunks[found++] = (SINGLE_CHUNK_DATA){CHUNK_ID_FIRST + chunk, offset, CHUNK_VALUE_BYTES};
            offset += (ptrdiff_t)CHUNK_VALUE_BYTES;
        }
    *count = found;
    return GC_ERR_SUCCESS;
}
