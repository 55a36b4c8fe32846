//! Images from IDX files.

use super::Fallible;
use basinet::experiments::{Error, IdxError, Images, Retrieval};

#[test]
fn the_shipped_images_are_all_there() -> Fallible {
    for (images, count, side) in [(Images::mnist()?, 2000, 28), (Images::digits()?, 1797, 8)] {
        assert_eq!((images.len(), images.height, images.width), (count, side, side));
        let most = images.pixels.iter().copied().fold(0.0, f32::max);
        assert!(most == 1.0 && images.pixels.iter().all(|x| (0.0..=1.0).contains(x)));
    }
    Ok(())
}

#[test]
fn what_is_no_idx_file_is_refused() -> Fallible {
    let file = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40];
    assert_eq!(Images::from_idx(&file, 40)?.pixels, [0.25, 0.5, 0.75, 1.0]);
    for cut in 0..file.len() {
        let error = match cut {
            0..16 => IdxError::Short,
            _ => IdxError::Length { expected: Some(4), found: cut - 16 },
        };
        assert_eq!(Images::from_idx(&file[..cut], 40), Err(Error::Images(error)), "{cut}");
    }
    for (place, error) in [(2, IdxError::Kind { dimensions: 3 }), (3, IdxError::Kind { dimensions: 3 })] {
        let mut wrong = file;
        wrong[place] = 9;
        assert_eq!(Images::from_idx(&wrong, 40), Err(Error::Images(error)));
    }
    let mut huge = file;
    huge[4..16].fill(0xff);
    assert!(matches!(Images::from_idx(&huge, 40), Err(Error::Images(IdxError::Length { found: 4, .. }))));
    assert!(matches!(Images::from_idx(&[0x1f, 0x8b, 1], 40), Err(Error::Images(IdxError::Gzip(_)))));
    let few = Retrieval::default().run(&Images::from_idx(&file, 40)?, || ());
    assert_eq!(few, Err(Error::TooFewImages { found: 2, needed: 500 }));
    Ok(())
}
