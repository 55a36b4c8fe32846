// Who has which part of the module's linear memory. The module itself hands out nothing: regions are given, taken back and moved here,
// and the list of free ones lies outside of the memory that it describes.

import { BasinetError } from './errors.js';

const PAGE = 65536;
/** Regions begin at cache lines. */
const LINE = 64;
/** The module sees a region as one slice, and no slice is longer than half of the addresses. */
const MOST = 2 ** 31 - LINE;

const lines = (bytes) => Math.max(1, Math.ceil(bytes / LINE)) * LINE;

export class Heap {
  #memory;
  /** The first byte behind all regions. */
  #end;
  /** `{ at, bytes }` between regions, by address; no two of them touch, and none touches the end. */
  #free = [];
  #f32;

  constructor(memory, begin) {
    this.#memory = memory;
    this.#end = lines(begin);
  }

  /** Bytes in regions that were given and not taken back. */
  #given = 0;
  get given() {
    return this.#given;
  }

  get buffer() {
    return this.#memory.buffer;
  }

  /** All of the memory as f32. A view ends where the memory grows, so it is made again then. */
  get f32() {
    if (this.#f32?.buffer !== this.#memory.buffer) this.#f32 = new Float32Array(this.#memory.buffer);
    return this.#f32;
  }

  /** Copies numbers to an address. */
  write(at, numbers) {
    this.f32.set(numbers, at / 4);
  }

  /** A copy of `count` numbers at an address. */
  read(at, count) {
    return this.f32.slice(at / 4, at / 4 + count);
  }

  /** A region of at least so many bytes; what it holds means nothing. */
  allocate(bytes) {
    const size = this.#sizeOf(bytes);
    const place = this.#free.findIndex((hole) => hole.bytes >= size);
    if (place < 0) {
      const region = { at: this.#end, bytes: size };
      this.#extend(this.#end + size);
      this.#given += size;
      return region;
    }
    const hole = this.#free[place];
    const region = { at: hole.at, bytes: size };
    if (hole.bytes === size) this.#free.splice(place, 1);
    else Object.assign(hole, { at: hole.at + size, bytes: hole.bytes - size });
    this.#given += size;
    return region;
  }

  /** Takes a region back. */
  release({ at, bytes }) {
    this.#given -= bytes;
    let place = this.#free.findIndex((hole) => hole.at > at);
    if (place < 0) place = this.#free.length;
    const before = this.#free[place - 1];
    const after = this.#free[place];
    const hole = { at, bytes };
    let [from, count] = [place, 0];
    if (before && before.at + before.bytes === at) {
      Object.assign(hole, { at: before.at, bytes: before.bytes + bytes });
      [from, count] = [place - 1, 1];
    }
    if (after && at + bytes === after.at) {
      hole.bytes += after.bytes;
      count += 1;
    }
    if (hole.at + hole.bytes === this.#end) {
      this.#end = hole.at;
      this.#free.splice(from, count);
    } else {
      this.#free.splice(from, count, hole);
    }
  }

  /** A region of at least so many bytes with what the old one holds, which is taken back. Where there is no room, the old one stays. */
  resize(region, bytes) {
    const size = this.#sizeOf(bytes);
    if (region.at + region.bytes === this.#end && size > region.bytes) {
      this.#extend(region.at + size);
      this.#given += size - region.bytes;
      return { at: region.at, bytes: size };
    }
    const moved = this.allocate(size);
    new Uint8Array(this.#memory.buffer).copyWithin(moved.at, region.at, region.at + Math.min(region.bytes, size));
    this.release(region);
    return moved;
  }

  #sizeOf(bytes) {
    const size = lines(bytes);
    if (!(size <= MOST)) throw outOfMemory(bytes);
    return size;
  }

  /** Moves the end, for which the memory grows where it has to. */
  #extend(end) {
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.#memory.grow(Math.ceil(missing / PAGE));
      } catch {
        throw outOfMemory(end);
      }
    }
    this.#end = end;
  }
}

function outOfMemory(needed) {
  return new BasinetError('out-of-memory', `WebAssembly memory cannot grow to ${needed} bytes`, { needed });
}
