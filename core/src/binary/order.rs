//! Rows in the order of their overlaps, in runs of equal ones, with the weights that the sums over columns take.

use super::interaction::Interaction;
use super::scratch::Room;
use crate::kernels::Weighted;

/// What the decisions at one state are made of: `H_i = base + ` the sum of the weights of the rows that agree with neuron i.
pub struct Weighed<'r> {
    /// The rows and their weights `F(o + 2) - F(o - 2)`.
    pub weighted: Weighted<'r>,
    /// `sum_mu F(o_mu) - F(o_mu + 2)`.
    pub base: i64,
    /// The sum of all weights.
    pub total: i64,
}

impl<'r> Weighed<'r> {
    /// Orders the rows by the overlaps in `room`, which are left as they are.
    pub fn new(interaction: &impl Interaction, room: &'r mut Room<'_>) -> Self {
        let Room { overlaps, order, ends, weights } = room;
        let (least, most) = range(overlaps);
        let table = interaction.table(least, most, overlaps.len());
        let (rows, ends) = sort(overlaps, least, most, order, ends);
        let (mut base, mut total, mut runs) = (0i64, 0i64, 0);
        let overlap = |row: &u32| overlaps.get(*row as usize).copied();
        let (mut left, mut end) = (&*rows, 0u32);
        // The places for ends and weights are as many as there are rows, so that none is missing.
        for (place, weight) in ends.iter_mut().zip(weights.iter_mut()) {
            let Some(o) = left.first().and_then(overlap) else { break };
            let length = left.iter().position(|row| overlap(row) != Some(o)).unwrap_or(left.len());
            left = left.get(length..).unwrap_or(&[]);
            end = end.wrapping_add(length as u32);
            let [below, here, above] = [-2, 0, 2].map(|by| interaction.entry(table, i64::from(o) + by));
            (*place, *weight) = (end, above.wrapping_sub(below));
            base = base.wrapping_add(here.wrapping_sub(above).wrapping_mul(length as i64));
            total = total.wrapping_add(weight.wrapping_mul(length as i64));
            runs += 1;
        }
        let (ends, weights) = (ends.get(..runs).unwrap_or(&[]), weights.get(..runs).unwrap_or(&[]));
        Self { weighted: Weighted { rows, ends, weights }, base, total }
    }
}

/// The least and the largest of the overlaps.
fn range(overlaps: &[i32]) -> (i32, i32) {
    let first = overlaps.first().copied().unwrap_or(0);
    let (mut least, mut most) = (first, first);
    for &o in overlaps {
        least = if o < least { o } else { least };
        most = if o > most { o } else { most };
    }
    (least, most)
}

/// The rows in the order of their overlaps, and among equal ones in their own, written in one of `here` and `there`; gives that and the
/// other. Least significant byte first, by counting; overlaps are all even or all odd, so a bit needs no sorting.
fn sort<'r>(overlaps: &[i32], least: i32, most: i32, here: &'r mut [u32], there: &'r mut [u32]) -> (&'r mut [u32], &'r mut [u32]) {
    let digit = |o: i32, shift: u32| ((o.wrapping_sub(least) as u32 / 2) >> shift) as usize % 256;
    let (mut from, mut to) = (here, there);
    let (mut shift, largest) = (0, most.wrapping_sub(least) as u32 / 2);
    loop {
        let mut next = [0u32; 256];
        for &o in overlaps {
            if let Some(count) = next.get_mut(digit(o, shift)) {
                *count = count.wrapping_add(1);
            }
        }
        let mut begin = 0u32;
        for next in &mut next {
            (*next, begin) = (begin, begin.wrapping_add(*next));
        }
        let mut put = |row: u32, o: i32| {
            if let Some(next) = next.get_mut(digit(o, shift)) {
                if let Some(place) = to.get_mut(*next as usize) {
                    *place = row;
                }
                *next = next.wrapping_add(1);
            }
        };
        if shift == 0 {
            (0..).zip(overlaps).for_each(|(row, &o)| put(row, o));
        } else {
            from.iter().for_each(|&row| put(row, overlaps.get(row as usize).copied().unwrap_or(least)));
        }
        (from, to) = (to, from);
        shift += 8;
        if shift >= u32::BITS || largest >> shift == 0 {
            return (from, to);
        }
    }
}
