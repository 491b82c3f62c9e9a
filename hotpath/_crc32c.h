/* CRC-32C by the processor's instruction where it has one, else by a table. */
#ifndef CX_CRC32C_H
#define CX_CRC32C_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static uint32_t cx_crc32c_table[256];
static int cx_crc32c_in_hardware = 0;

static void cx_crc32c_start(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        cx_crc32c_table[byte] = crc;
    }
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    cx_crc32c_in_hardware = __builtin_cpu_supports("sse4.2") ? 1 : 0;
#endif
}

static uint32_t cx_crc32c_by_table(const unsigned char *data, size_t size) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; i++)
        crc = cx_crc32c_table[(crc ^ data[i]) & 0xFF] ^ (crc >> 8);
    return crc ^ 0xFFFFFFFFu;
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("sse4.2")))
static uint32_t cx_crc32c_by_instruction(const unsigned char *data, size_t size) {
    uint64_t crc = 0xFFFFFFFFu;
    while (size >= 8) {
        uint64_t word;
        memcpy(&word, data, 8);
        crc = __builtin_ia32_crc32di(crc, word);
        data += 8;
        size -= 8;
    }
    uint32_t rest = (uint32_t)crc;
    while (size--)
        rest = __builtin_ia32_crc32qi(rest, *data++);
    return rest ^ 0xFFFFFFFFu;
}
#else
#define cx_crc32c_by_instruction cx_crc32c_by_table
#endif

static inline uint32_t cx_crc32c(const unsigned char *data, size_t size) {
    return cx_crc32c_in_hardware ? cx_crc32c_by_instruction(data, size)
                                 : cx_crc32c_by_table(data, size);
}

#endif
