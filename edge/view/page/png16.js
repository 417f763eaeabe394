// edge/view/page/png16.js - from a 16 bit grey PNG to its cells. The browser's own decoder keeps only 8 bits.
// SPDX-License-Identifier: Apache-2.0

async function png16(bytes) {
  const v = new DataView(bytes),
    parts = [];
  let width = 0,
    height = 0;
  for (let p = 8; p + 12 <= v.byteLength;) {
    const size = v.getUint32(p),
      type = v.getUint32(p + 4);
    if (type === 0x49484452) {
      // IHDR
      width = v.getUint32(p + 8);
      height = v.getUint32(p + 12);
      if (v.getUint16(p + 16) !== 0x1000 || v.getUint8(p + 20)) throw new Error('not a plain 16 bit grey PNG');
    }
    if (type === 0x49444154) parts.push(new Uint8Array(bytes, p + 8, size)); // IDAT
    p += 12 + size;
  }
  if (width !== 256 || height !== 256) throw new Error('not a tile of 256 x 256');
  const raw = new Uint8Array(await new Response(new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate'))).arrayBuffer());
  return unfilter(raw, width, height);
}
// PNG specification, section 9: each byte was stored less what its neighbours foretell.
function unfilter(raw, width, height) {
  const out = new Uint16Array(width * height),
    row = width * 2;
  let above = new Uint8Array(row);
  for (let y = 0, q = 0; y < height; y++) {
    const filter = raw[q++],
      line = raw.subarray(q, (q += row));
    if (filter === 1) for (let i = 2; i < row; i++) line[i] += line[i - 2];
    else if (filter === 2) for (let i = 0; i < row; i++) line[i] += above[i];
    else if (filter === 3) for (let i = 0; i < row; i++) line[i] += ((i > 1 ? line[i - 2] : 0) + above[i]) >> 1;
    else if (filter === 4) paeth(line, above);
    for (let x = 0, o = y * width; x < width; x++) out[o + x] = (line[2 * x] << 8) | line[2 * x + 1];
    above = line;
  }
  return out;
}
function paeth(line, above) {
  line[0] += above[0];
  line[1] += above[1];
  for (let i = 2; i < line.length; i++) {
    const a = line[i - 2],
      b = above[i],
      c = above[i - 2],
      pa = Math.abs(b - c),
      pb = Math.abs(a - c),
      pc = Math.abs(a + b - 2 * c);
    line[i] += pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
  }
}
