#include "stored_zip.h"

#include <stdbool.h>
#include <string.h>

#define LOCAL_BYTES 30
#define DESCRIPTOR_BYTES 16
#define CENTRAL_BYTES 46
/* Versions of the format, the flag for a checksum behind the data, the first of January 1980. */
#define VERSION 20
#define FLAG_DESCRIPTOR (1 << 3)
#define DATE (1 << 5 | 1)
/* What the checksum's register begins with. */
#define CRC_START UINT32_MAX

static uint8_t *
put_16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    return at + 2;
}

static uint8_t *
put_32(uint8_t *at, uint32_t value)
{
    return put_16(put_16(at, value & 0xffff), value >> 16);
}

/* CRC-32 of IEEE 802.3, a byte at a time. */
static uint32_t
crc_of(uint32_t crc, const uint8_t *bytes, size_t length)
{
    static uint32_t table[256];
    static bool is_made;
    for (uint32_t index = 0; !is_made && index < 256; index++) {
        uint32_t value = index;
        for (int bit = 0; bit < 8; bit++) {
            value = value >> 1 ^ ((value & 1) != 0 ? UINT32_C(0xedb88320) : 0);
        }
        table[index] = value;
    }
    is_made = true;
    for (size_t at = 0; at < length; at++) {
        crc = table[(crc ^ bytes[at]) & 0xff] ^ crc >> 8;
    }
    return crc;
}

uint64_t
stored_zip_entry_overhead(const char *name)
{
    return LOCAL_BYTES + DESCRIPTOR_BYTES + CENTRAL_BYTES + 2 * (uint64_t)strlen(name);
}

void
stored_zip_init(struct stored_zip *zip,
                int (*put)(void *context, const uint8_t *bytes, size_t length,
                           struct error *reterr),
                void *context)
{
    memset(zip, 0, sizeof *zip);
    zip->put = put;
    zip->context = context;
}

static int
put(struct stored_zip *zip, const void *bytes, size_t length, struct error *reterr)
{
    zip->written += length;
    if (zip->written > STORED_ZIP_BYTES) {
        return error_set(reterr, CAUSE_FILE_TOO_LARGE,
                         "the files together have more than %llu bytes",
                         (unsigned long long)STORED_ZIP_BYTES);
    }
    return zip->put(zip->context, bytes, length, reterr);
}

int
stored_zip_begin(struct stored_zip *zip, const char *name, struct error *reterr)
{
    uint8_t header[LOCAL_BYTES];
    size_t length = strlen(name);
    if (zip->count == STORED_ZIP_ENTRIES || length > UINT16_MAX) {
        return error_set(reterr, CAUSE_FILE_TOO_LARGE, "more than %d files", STORED_ZIP_ENTRIES);
    }
    zip->entries[zip->count++] =
        (struct stored_zip_entry){.name = name, .offset = (uint32_t)zip->written, .crc = CRC_START};
    memcpy(header, "PK\003\004", 4);
    uint8_t *at = put_16(header + 4, VERSION);
    at = put_16(at, FLAG_DESCRIPTOR);
    at = put_32(at, 0); /* stored, at midnight */
    at = put_16(at, DATE);
    at = put_32(put_32(put_32(at, 0), 0), 0); /* checksum and sizes are told behind the data */
    at = put_16(at, (uint32_t)length);
    (void)put_16(at, 0);
    return put(zip, header, sizeof header, reterr) != 0 ? -1 : put(zip, name, length, reterr);
}

int
stored_zip_write(struct stored_zip *zip, const uint8_t *bytes, size_t length, struct error *reterr)
{
    struct stored_zip_entry *entry = &zip->entries[zip->count - 1];
    entry->crc = crc_of(entry->crc, bytes, length);
    if (put(zip, bytes, length, reterr) != 0) {
        return -1;
    }
    entry->size += (uint32_t)length;
    return 0;
}

int
stored_zip_end(struct stored_zip *zip, struct error *reterr)
{
    uint8_t descriptor[DESCRIPTOR_BYTES];
    struct stored_zip_entry *entry = &zip->entries[zip->count - 1];
    entry->crc = ~entry->crc;
    memcpy(descriptor, "PK\007\010", 4);
    (void)put_32(put_32(put_32(descriptor + 4, entry->crc), entry->size), entry->size);
    return put(zip, descriptor, sizeof descriptor, reterr);
}

static int
put_central(struct stored_zip *zip, const struct stored_zip_entry *entry, struct error *reterr)
{
    uint8_t header[CENTRAL_BYTES];
    size_t length = strlen(entry->name);
    memcpy(header, "PK\001\002", 4);
    uint8_t *at = put_16(put_16(header + 4, VERSION), VERSION);
    at = put_16(at, FLAG_DESCRIPTOR);
    at = put_16(put_32(at, 0), DATE);
    at = put_32(put_32(put_32(at, entry->crc), entry->size), entry->size);
    at = put_16(at, (uint32_t)length);
    at = put_32(put_32(at, 0), 0); /* no extra field, comment, disk, attributes inside */
    at = put_32(at, 0);            /* or outside */
    (void)put_32(at, entry->offset);
    return put(zip, header, sizeof header, reterr) != 0 ? -1
                                                        : put(zip, entry->name, length, reterr);
}

int
stored_zip_finish(struct stored_zip *zip, struct error *reterr)
{
    uint8_t end[STORED_ZIP_END_BYTES];
    uint32_t directory = (uint32_t)zip->written;
    for (size_t index = 0; index < zip->count; index++) {
        if (put_central(zip, &zip->entries[index], reterr) != 0) {
            return -1;
        }
    }
    memcpy(end, "PK\005\006", 4);
    uint8_t *at = put_32(end + 4, 0);
    at = put_16(put_16(at, (uint32_t)zip->count), (uint32_t)zip->count);
    at = put_32(put_32(at, (uint32_t)zip->written - directory), directory);
    (void)put_16(at, 0);
    return put(zip, end, sizeof end, reterr);
}
