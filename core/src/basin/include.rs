//! Files that are part of the program: included bytes where numbers can be read from them.

/// Something at an address that is a multiple of 256, the largest alignment that a file may ask for.
///
/// [`include_basin!`](crate::include_basin) is made of it; here it holds bytes that are received into a fixed place.
///
/// ```
/// use basinet_core::basin::Aligned;
/// let mut received = Aligned([0; 1024]);
/// assert_eq!(received.0.as_mut_ptr().addr() % 256, 0);
/// ```
#[derive(Clone, Copy, Debug)]
#[repr(C, align(256))]
pub struct Aligned<T: ?Sized>(pub T);

/// The bytes of a file, `&'static [u8]`, as [`include_bytes!`] has them, but at an address that is a multiple of 256: a memory in flash.
///
/// The path is relative to the source file. Works in a `static`, a `const` and anywhere else.
///
/// ```
/// use basinet_core::{Basin, include_basin};
/// static DIGITS: &[u8] = include_basin!("../../tests/data/three.basin");
/// let basin = Basin::new(DIGITS)?;
/// basin.verify()?;
/// assert_eq!((basin.patterns().count(), basin.patterns().dim()), (3, 4));
/// # Ok::<(), basinet_core::basin::FileError>(())
/// ```
#[macro_export]
macro_rules! include_basin {
    ($path:expr $(,)?) => {{
        static ALIGNED: &$crate::basin::Aligned<[u8]> = &$crate::basin::Aligned(*::core::include_bytes!($path));
        &ALIGNED.0
    }};
}
