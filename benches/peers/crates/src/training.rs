//! Steps of training on numbers from a file, for a peer in another process.

use basinet::feature_map::{Keep, Loss, Progress, Steps, Temperatures, Trained, Training};
use std::error::Error;
use std::sync::Mutex;
use std::time::Instant;

/// `FILE M d D STEPS TAU RATE`: rows, then weights, as f32. Prints the seconds of a step, then the loss before each.
pub fn training(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let [file, count, dim, features, steps, tau, rate] = arguments else {
        return Err("usage: basinet-peers --training FILE M d D STEPS TAU RATE".into());
    };
    let (count, dim, features): (usize, usize, usize) = (count.parse()?, dim.parse()?, features.parse()?);
    let (iterations, tau, rate) = (steps.parse()?, tau.parse()?, rate.parse()?);
    let bytes = std::fs::read(file)?;
    let numbers: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    let (rows, weights) = numbers.split_at_checked(count * dim).ok_or("fewer rows than M")?;
    let map = Trained::new(weights.to_vec(), None, dim)?;
    if map.features != features {
        return Err("other weights than D rows".into());
    }
    let training = Training {
        loss: Loss::Code,
        steps: Steps::Descent { rate, compounding: false },
        temperatures: Temperatures::constant(tau),
        iterations,
        keep: Keep::Last,
        ..Training::uhop_plus()
    };
    // A step and the loss behind it, from one report to the next: the first loss of all is before the first.
    let heard = Mutex::new(Vec::new());
    training.refine(rows, &map, |at: &Progress| {
        if let Ok(mut heard) = heard.lock() {
            heard.push((Instant::now(), at.loss));
        }
    })?;
    let heard = heard.into_inner()?;
    let (Some((first, _)), Some((last, _))) = (heard.first(), heard.last()) else { return Err("nothing heard".into()) };
    println!("{}", (*last - *first).as_secs_f64() / iterations as f64);
    heard.iter().take(iterations).for_each(|(_, loss)| println!("{loss}"));
    Ok(())
}
