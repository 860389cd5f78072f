/*
 * packets.h: the packets that driver.bpf.c makes, and the service that
 * xdp_bench.c tells the balancer of, have these addresses.
 */
#ifndef PACKETS_H
#define PACKETS_H

#define PACKETS_SERVICE_V4 0x0a000050u /* 10.0.0.80 */
#define PACKETS_BACKEND_V4 0x0a000064u /* 10.0.0.100, and 15 behind it */
#define PACKETS_CLIENT_V4 0x0b000000u  /* 11.0.0.0 to 14.255.255.255 */
#define PACKETS_NETWORK_V6 0xfd000000u
#define PACKETS_SERVICE_V6 0x80u  /* fd00::80 */
#define PACKETS_BACKEND_V6 0x100u /* fd00::100, and 15 behind it */
#define PACKETS_BACKENDS 16
#define PACKETS_PORT 7

#define PACKETS_SYN 0x02
#define PACKETS_ACK 0x10

/* Of 64 bytes: what a table for a million connections takes, at eight bytes
 * each and room for four times as many. */
#define PLACES (1u << 19)

#endif
