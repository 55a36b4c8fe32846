// The same recalls as plain loops over typed arrays, written as well as that can be done: four partial sums a row, so that additions need
// not wait for each other; the weighted sum goes along the rows, which lie in memory as they are read; no allocation.

/** `scores[i] = row i . query` of all rows. */
function score(patterns, dim, query, scores) {
  const whole = dim - (dim % 4);
  for (let i = 0, at = 0; i < scores.length; i++, at += dim) {
    let [a, b, c, d] = [0, 0, 0, 0];
    let j = 0;
    for (; j < whole; j += 4) {
      a += patterns[at + j] * query[j];
      b += patterns[at + j + 1] * query[j + 1];
      c += patterns[at + j + 2] * query[j + 2];
      d += patterns[at + j + 3] * query[j + 3];
    }
    for (; j < dim; j++) a += patterns[at + j] * query[j];
    scores[i] = a + b + (c + d);
  }
}

/** `out = sum of weights[i] * row i`, without the rows of no weight. */
function readOut(patterns, dim, weights, out) {
  out.fill(0);
  for (let i = 0, at = 0; i < weights.length; i++, at += dim) {
    const weight = weights[i];
    if (weight === 0) continue;
    for (let j = 0; j < dim; j++) out[j] += weight * patterns[at + j];
  }
}

function largest(scores) {
  let max = -Infinity;
  for (let i = 0; i < scores.length; i++) if (scores[i] > max) max = scores[i];
  return max;
}

export function softmax(patterns, dim, query, beta, weights, out) {
  score(patterns, dim, query, weights);
  const max = largest(weights);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const term = Math.exp(beta * (weights[i] - max));
    weights[i] = term;
    sum += term;
  }
  readOut(patterns, dim, weights, out);
  for (let j = 0; j < dim; j++) out[j] /= sum;
}

/** The threshold by Newton from below: the sum over those above it, until nothing changes. */
export function sparsemax(patterns, dim, query, beta, weights, out) {
  score(patterns, dim, query, weights);
  const max = largest(weights);
  let tau = -1;
  for (let count = 0; ; ) {
    let [sum, above] = [0, 0];
    for (let i = 0; i < weights.length; i++) {
      const u = beta * (weights[i] - max);
      if (u > tau) {
        sum += u;
        above++;
      }
    }
    tau = (sum - 1) / above;
    if (above === count) break;
    count = above;
  }
  for (let i = 0; i < weights.length; i++) {
    const weight = beta * (weights[i] - max) - tau;
    weights[i] = weight > 0 ? weight : 0;
  }
  readOut(patterns, dim, weights, out);
}
