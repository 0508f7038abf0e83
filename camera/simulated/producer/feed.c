/* Reading the shared memory that the generator's process fills. */
#include "feed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int layout_is_ours(const feed_header *h, size_t bytes)
{
    return memcmp(h->magic, FEED_MAGIC, sizeof FEED_MAGIC) == 0 && h->version == FEED_VERSION && h->slots > 0 &&
           (h->bytes_per_pixel == 1 || h->bytes_per_pixel == 2) && h->bit_depth >= 8 && h->bit_depth <= 16 &&
           h->slot_stride >= sizeof(feed_slot) + (uint64_t)h->width * h->lines * h->bytes_per_pixel &&
           h->data_offset >= sizeof(feed_header) && h->data_offset + h->slots * h->slot_stride <= bytes;
}

int feed_open(feed *f, const char *path)
{
    struct stat info;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    f->header = NULL;
    if (fd < 0)
        return -1;
    if (fstat(fd, &info) != 0 || info.st_size < (off_t)sizeof(feed_header)) {
        close(fd);
        return -1;
    }
    f->bytes = (size_t)info.st_size;
    void *memory = mmap(NULL, f->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory == MAP_FAILED)
        return -1;
    if (!layout_is_ours(memory, f->bytes)) {
        munmap(memory, f->bytes);
        return -1;
    }
    f->header = memory;
    return 0;
}

void feed_close(feed *f)
{
    if (f->header)
        munmap(f->header, f->bytes);
    f->header = NULL;
}

uint64_t feed_newest(const feed *f)
{
    return atomic_load(&f->header->newest);
}

const feed_slot *feed_slot_of(const feed *f, uint64_t block)
{
    const feed_header *h = f->header;
    return (const feed_slot *)((const char *)h + h->data_offset + (block - 1) % h->slots * h->slot_stride);
}

int feed_still_holds(const feed *f, uint64_t block)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load(&feed_slot_of(f, block)->block) == block;
}

int feed_has_fault(const feed *f, int fault)
{
    return atomic_load(&f->header->faults[fault]) != 0;
}

int feed_count_down(_Atomic uint32_t *frames)
{
    uint32_t left = atomic_load(frames);
    while (left != 0 && left != FEED_FOREVER)
        if (atomic_compare_exchange_weak(frames, &left, left - 1))
            return 1;
    return left != 0;
}

int feed_take_fault(feed *f, int fault)
{
    return feed_count_down(&f->header->faults[fault]);
}

static int is_alive(uint32_t process)
{
    return kill((pid_t)process, 0) == 0 || errno == EPERM;
}

int feed_is_taken(const feed *f)
{
    uint32_t owner = atomic_load(&f->header->owner);
    return owner != 0 && owner != (uint32_t)getpid() && is_alive(owner);
}

int feed_claim(feed *f)
{
    uint32_t owner = atomic_load(&f->header->owner);
    do {
        if (owner != 0 && owner != (uint32_t)getpid() && is_alive(owner))
            return -1;
    } while (!atomic_compare_exchange_weak(&f->header->owner, &owner, (uint32_t)getpid()));
    return 0;
}

void feed_release(feed *f)
{
    uint32_t mine = (uint32_t)getpid();
    atomic_compare_exchange_strong(&f->header->owner, &mine, 0);
}
