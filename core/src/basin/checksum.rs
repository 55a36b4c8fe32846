//! CRC-32 as in zlib, PNG and Ethernet (polynomial 0x04C11DB7, reflected; Peterson and Brown 1961): finds every change that spans at most
//! 32 bits, so every single flipped bit or byte, whatever the length.
//!
//! One table of 1 KB, one byte at a time: for the few hundred bytes of a header, and for data in flash. Who has it in hardware, as many
//! microcontrollers do, or needs it for gigabytes, hands in another: [`Basin::verify_with`](super::Basin::verify_with).

/// What a byte does to the remainder.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            remainder = (remainder >> 1) ^ (0xEDB8_8320 * (remainder & 1));
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
};

/// The CRC-32 of these bytes. O(n).
///
/// ```
/// assert_eq!(basinet_core::basin::crc32(b"123456789"), 0xCBF4_3926);
/// ```
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32_of(&[bytes])
}

/// The CRC-32 of these pieces, one behind the other.
pub(super) fn crc32_of(pieces: &[&[u8]]) -> u32 {
    let mut remainder = u32::MAX;
    for piece in pieces {
        for &byte in *piece {
            remainder = (remainder >> 8) ^ TABLE[usize::from(remainder as u8 ^ byte)];
        }
    }
    !remainder
}
