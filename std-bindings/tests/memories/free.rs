//! Free recall from a memory is the core's, in bits, and ends as that does.

use super::{Fallible, bits, memory, numbers, random};
use basinet::{Error, FreeRecall, Memory, beta};

#[test]
fn free_recall_is_the_cores_in_bits() -> Fallible {
    for (dim, count) in [(5, 9), (12, 130)] {
        let (memory, cue) = (memory(dim as u64, dim, count)?, numbers(&mut random(1), dim));
        let (patterns, mut work, mut caps) = (memory.patterns()?, memory.workspace(), vec![0.0; count]);
        let mut free = FreeRecall::new(beta!(0.7), &mut caps);
        let mut recalls = memory.free_recall(beta!(0.7), &cue);
        let mut recalled = 0;
        loop {
            let mut state = vec![0.0; dim];
            let step = free.recall(&patterns, &cue, &mut state, &mut work.scratch())?;
            let item = recalls.next().transpose()?;
            assert_eq!(bits(recalls.left()), bits(free.left()));
            assert_eq!(item.as_ref().map(|item| item.step), step);
            let Some(item) = item else { break };
            assert_eq!(bits(&item.state), bits(&state));
            recalled += 1;
        }
        assert!(recalled >= count / 2 && recalled <= count, "{recalled} of {count}");
        assert!(recalls.next().is_none());
    }
    Ok(())
}

#[test]
fn an_error_is_the_last_item() -> Fallible {
    let memory = memory(1, 3, 4)?;
    let mut recalls = memory.free_recall(beta!(1.0), &[0.0, f32::NAN, 0.0]);
    assert_eq!(recalls.next(), Some(Err(Error::QueryNotFinite { index: 1 })));
    assert!(recalls.next().is_none());
    assert_eq!(memory.free_recall(beta!(1.0), &[0.0]).next(), Some(Err(Error::Length { expected: 3, found: 1 })));
    assert_eq!(Memory::new(3)?.free_recall(beta!(1.0), &[0.0; 3]).next(), Some(Err(Error::Empty)));
    Ok(())
}
