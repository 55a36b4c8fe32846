//! Projections: orthonormal rows, and the energy that they hold.
#![allow(clippy::disallowed_methods, reason = "a test's reference uses the system's functions")]

use basinet::{Error, LinearMap, Patterns, projection, random_rows};

const DIM: usize = 24;

/// 300 patterns with a mean, and with an energy that falls by a factor of 0.8 from one hidden direction to the next.
fn sloping() -> Vec<f32> {
    let (rows, directions) = (random_rows::gaussian(300, DIM, 5), random_rows::orthogonal(DIM, DIM, 6));
    let mix = |row: &[f32], j: usize| -> f32 { (0..DIM).map(|i| (row[i] + 0.5) * 0.9_f32.powi(i as i32) * directions[i * DIM + j]).sum() };
    rows.chunks(DIM).flat_map(|row| (0..DIM).map(move |j| mix(row, j))).collect()
}

fn principal(rows: &[f32], dim: usize, columns: usize) -> Result<LinearMap, Error> {
    projection::principal(&Patterns::new(rows, dim)?, columns)
}

fn rows_of(map: &LinearMap) -> Result<Vec<Vec<f64>>, Error> {
    Ok(map.view()?.weights().chunks(map.dim()).map(|row| row.iter().map(|&x| f64::from(x)).collect()).collect())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The largest entry of `P P^T - I` by magnitude.
fn skew(map: &LinearMap) -> Result<f64, Error> {
    let rows = rows_of(map)?;
    let entry = |i: usize, j: usize| (dot(&rows[i], &rows[j]) - f64::from(u8::from(i == j))).abs();
    Ok((0..rows.len()).flat_map(|i| (0..=i).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).fold(0.0, f64::max))
}

/// The mean of `|P x|^2`.
fn energy(map: &LinearMap, patterns: &[f32]) -> Result<f64, Error> {
    let rows = rows_of(map)?;
    let patterns: Vec<Vec<f64>> = patterns.chunks(map.dim()).map(|x| x.iter().map(|&x| f64::from(x)).collect()).collect();
    Ok(patterns.iter().flat_map(|x| rows.iter().map(|row| dot(row, x).powi(2))).sum::<f64>() / patterns.len() as f64)
}

/// The largest eigenvalues of the second moment, by power iteration and deflation.
fn eigenvalues(patterns: &[f32], count: usize) -> Vec<f64> {
    let mut moment = vec![vec![0.0; DIM]; DIM];
    for x in patterns.chunks(DIM) {
        for (i, row) in moment.iter_mut().enumerate() {
            row.iter_mut().zip(x).for_each(|(sum, b)| *sum += f64::from(x[i]) * f64::from(*b) * (DIM as f64 / patterns.len() as f64));
        }
    }
    let mut eigenvalue = |_| {
        let (mut vector, mut value) = (vec![1.0; DIM], 0.0);
        for _ in 0..3000 {
            let next: Vec<f64> = moment.iter().map(|row| dot(row, &vector)).collect();
            value = dot(&next, &next).sqrt();
            vector = next.iter().map(|x| x / value).collect();
        }
        for (row, a) in moment.iter_mut().zip(&vector) {
            row.iter_mut().zip(&vector).for_each(|(x, b)| *x -= value * a * b);
        }
        value
    };
    (0..count).map(&mut eigenvalue).collect()
}

#[test]
fn rows_are_orthonormal() -> Result<(), Error> {
    let sloping = sloping();
    for columns in [1, 7, DIM] {
        assert!(skew(&principal(&sloping, DIM, columns)?)? <= 1e-6);
        assert!(skew(&projection::seeded(DIM, columns, 3)?)? <= 1e-6);
    }
    assert!(skew(&projection::seeded(200, 200, 3)?)? <= 1e-6);
    // Fewer patterns than dimensions, equal eigenvalues, no energy at all.
    assert!(skew(&principal(&sloping[..3 * DIM], DIM, DIM)?)? <= 1e-6);
    assert!(skew(&principal(&random_rows::orthogonal(DIM, DIM, 1), DIM, DIM)?)? <= 1e-6);
    assert!(skew(&principal(&[0.0; 2 * DIM], DIM, DIM)?)? <= 1e-6);
    Ok(())
}

#[test]
fn principal_rows_hold_the_largest_eigenvalues() -> Result<(), Error> {
    let sloping = sloping();
    let largest = eigenvalues(&sloping, 8);
    let all = energy(&projection::seeded(DIM, DIM, 0)?, &sloping)?;
    for columns in 1..=8 {
        let map = principal(&sloping, DIM, columns)?;
        let held = energy(&map, &sloping)?;
        // Rows of f32 are off by 2^-24 of an entry.
        assert!((held / largest[..columns].iter().sum::<f64>() - 1.0).abs() < 1e-6, "{columns}: {held}");
        for seed in 0..20 {
            let other = energy(&projection::seeded(DIM, columns, seed)?, &sloping)?;
            assert!(other < held && held < all, "{columns} by seed {seed}: {other} of {held} of {all}");
        }
        // Each row by itself, by falling eigenvalue.
        for (row, value) in rows_of(&map)?.iter().zip(&largest) {
            let row = LinearMap::new(row.iter().map(|&x| x as f32).collect(), DIM, None)?;
            assert!((energy(&row, &sloping)? / value - 1.0).abs() < 1e-6);
        }
    }
    Ok(())
}

#[test]
fn what_is_left_of_a_score_is_within_its_bound() -> Result<(), Error> {
    let (patterns, queries) = (sloping(), random_rows::gaussian(20, DIM, 9));
    let wide = |x: &[f32]| -> Vec<f64> { x.iter().map(|&x| f64::from(x)).collect() };
    for map in [principal(&patterns, DIM, 6)?, projection::seeded(DIM, 6, 2)?] {
        let (mapped, mapped_queries) = (map.rows(&patterns)?, map.rows(&queries)?);
        for (x, px) in patterns.chunks(DIM).zip(mapped.chunks(6)) {
            for (q, pq) in queries.chunks(DIM).zip(mapped_queries.chunks(6)) {
                let [x, px, q, pq] = [x, px, q, pq].map(wide);
                let left = |whole: &[f64], part: &[f64]| (dot(whole, whole) - dot(part, part)).max(0.0).sqrt();
                let scale = (dot(&x, &x) * dot(&q, &q)).sqrt();
                assert!((dot(&x, &q) - dot(&px, &pq)).abs() <= left(&x, &px) * left(&q, &pq) + 1e-6 * scale);
            }
        }
    }
    Ok(())
}

#[test]
fn known_directions_are_found_at_any_size() -> Result<(), Error> {
    // Patterns along the first axis, (0, -4, 3)/5 and (0, 3, 4)/5, with energies 1, 25 and 100, of both signs; their mean is not zero.
    let rows: [f32; 12] = [-1.0, 0.0, 0.0, 0.0, 4.0, -3.0, 0.0, 6.0, 8.0, 0.0, 0.0, 0.0];
    let expected = [0.0, 0.6, 0.8, 0.0, 0.8, -0.6, 1.0, 0.0, 0.0];
    for scale in [1.0, 1e37, 1e-30, 1e-44] {
        let scaled = rows.map(|x| x * scale);
        let map = principal(&scaled, 3, 3)?;
        // The last digits of the smallest numbers are gone.
        let tolerance = if scale < 1e-40 { 0.1 } else { 1e-7 };
        for (found, expected) in map.view()?.weights().iter().zip(expected) {
            assert!((found - expected).abs() <= tolerance, "{scale}: {map:?}");
        }
    }
    // The largest numbers beside the smallest, which are lost; no row's length is.
    let mut uneven = vec![0.0; DIM * DIM];
    uneven[0] = 1e38;
    for (row, drawn) in uneven.chunks_mut(DIM).zip(random_rows::gaussian(DIM, DIM, 2).chunks(DIM)).skip(1) {
        row.iter_mut().zip(drawn).skip(1).for_each(|(x, drawn)| *x = drawn * 1e-43);
    }
    let map = principal(&uneven, DIM, DIM)?;
    assert!(skew(&map)? <= 1e-6 && map.view()?.weights()[0] == 1.0);
    Ok(())
}

#[test]
fn equal_entries_give_the_sign_by_the_first() -> Result<(), Error> {
    for rows in [[-2.0, 2.0], [2.0, -2.0]] {
        let map = principal(&rows, 2, 1)?;
        let [a, b] = [map.view()?.weights()[0], map.view()?.weights()[1]];
        assert!(a > 0.0 && b < 0.0 && (a + b).abs() < 1e-6, "{a} {b}");
    }
    Ok(())
}

#[test]
fn inputs_name_their_rows() -> Result<(), Error> {
    let sloping = sloping();
    assert_eq!(principal(&sloping, DIM, 7)?, principal(&sloping, DIM, 7)?);
    assert_eq!(projection::seeded(DIM, 7, 1)?, projection::seeded(DIM, 7, 1)?);
    assert_ne!(projection::seeded(DIM, 7, 1)?, projection::seeded(DIM, 7, 2)?);
    for (few, more) in
        [(principal(&sloping, DIM, 3)?, principal(&sloping, DIM, 7)?), (projection::seeded(DIM, 3, 1)?, projection::seeded(DIM, 7, 1)?)]
    {
        assert_eq!(few.view()?.weights(), &more.view()?.weights()[..3 * DIM]);
    }
    // Across the blocks that patterns are multiplied in, and with gaps between rows.
    let many = [&sloping[..], &sloping, &sloping].concat();
    let padded: Vec<f32> = many.chunks(DIM).flat_map(|row| row.iter().copied().chain([f32::NAN; 5])).collect();
    let whole = principal(&many, DIM, 7)?;
    assert_eq!(projection::principal(&Patterns::strided(&padded, DIM, DIM + 5)?, 7)?, whole);
    for (a, b) in whole.view()?.weights().iter().zip(principal(&sloping, DIM, 7)?.view()?.weights()) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    Ok(())
}

#[test]
fn wrong_input_is_refused() -> Result<(), Error> {
    let requirement = "columns must be at least 1 and at most the numbers of a pattern";
    for columns in [0, 4, usize::MAX] {
        assert_eq!(principal(&[1.0; 6], 3, columns), Err(Error::Parameter { requirement }));
        assert_eq!(projection::seeded(3, columns, 1), Err(Error::Parameter { requirement }));
    }
    assert_eq!(projection::seeded(0, 0, 1), Err(Error::Parameter { requirement }));
    assert_eq!(projection::seeded(usize::MAX, 2, 1), Err(Error::TooLarge));
    assert_eq!(projection::seeded(usize::MAX, 1, 1), Err(Error::TooLarge));
    assert_eq!(principal(&[], 3, 1), Err(Error::Empty));
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut rows = vec![1.0; 3 * 1000];
        rows[3 * 700 + 2] = bad;
        rows[3 * 701] = bad;
        assert_eq!(principal(&rows, 3, 2), Err(Error::ScoreNotFinite { row: 700 }));
    }
    Ok(())
}
