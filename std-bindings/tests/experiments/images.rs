//! Images from IDX files.

use super::Fallible;
use basinet::experiments::{Error, IdxError, Images, Retrieval, idx};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

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
    assert_eq!(Images::from_idx(&huge, 40), Err(Error::Images(IdxError::Length { expected: None, found: 0 })));
    huge[4..12].fill(0);
    huge[11] = 1;
    huge[7] = 1;
    assert!(matches!(Images::from_idx(&huge, 40), Err(Error::Images(IdxError::Length { found: 4, .. }))));
    for full in [0, 39] {
        assert_eq!(Images::from_idx(&file, full), Err(Error::Images(IdxError::Element { found: 40, full })));
    }
    assert!(matches!(Images::from_idx(&[0x1f, 0x8b, 1], 40), Err(Error::Images(IdxError::Gzip(_)))));
    let few = Retrieval::default().run(&Images::from_idx(&file, 40)?, || ());
    assert_eq!(few, Err(Error::TooFewImages { found: 2, needed: 500 }));
    Ok(())
}

/// A few kilobytes that unzip to gigabytes are unzipped as far as the header says.
#[test]
fn no_more_is_unzipped_than_the_header_says() -> Fallible {
    let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
    zipped.write_all(&[0, 0, 8, 1, 0, 0, 0, 2])?;
    for _ in 0..64 {
        zipped.write_all(&[0; 1 << 20])?;
    }
    assert_eq!(idx::<1>(&zipped.finish()?), Err(IdxError::Length { expected: Some(2), found: 3 }));
    Ok(())
}
