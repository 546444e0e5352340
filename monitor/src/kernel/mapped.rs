//! BPF arrays mapped into the agent's memory. Of the agent only this file and `timex.rs` have unsafe code.

use std::{
    io,
    marker::PhantomData,
    os::fd::{AsFd, AsRawFd},
    ptr,
};

use memmap2::{MmapOptions, MmapRaw};
use zerocopy::{FromBytes, IntoBytes};

/// A BPF array with `BPF_F_MMAPABLE`, in memory that the kernel reads and writes at the same time.
pub struct MappedArray<T> {
    memory: MmapRaw,
    entries: usize,
    entry: PhantomData<T>,
}

impl<T: FromBytes + IntoBytes + Copy> MappedArray<T> {
    /// Maps the first `entries` values of the array behind `map`.
    pub fn new(map: impl AsFd, entries: u32) -> io::Result<Self> {
        // The kernel rounds a value up to 8 octets: other sizes would not lie where this type looks.
        const { assert!(size_of::<T>().is_multiple_of(8) && align_of::<T>() <= 8) }
        let entries = entries as usize;
        let memory = MmapOptions::new().len(entries * size_of::<T>()).map_raw(map.as_fd().as_raw_fd())?;
        Ok(Self { memory, entries, entry: PhantomData })
    }

    /// Values in the array.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries
    }

    /// Writes `values` from entry `first` on; `false`, and nothing written, where they do not fit.
    #[must_use]
    pub fn write(&mut self, first: usize, values: &[T]) -> bool {
        if first.checked_add(values.len()).is_none_or(|end| end > self.entries) {
            return false;
        }
        // SAFETY: `first + values.len() <= entries`, so the destination lies within the mapping, which `&mut self`
        // holds alone in this process, and `values` cannot overlap it. The mapping is page-aligned. The kernel
        // reads single words of it meanwhile, which no Rust reference sees.
        unsafe {
            let destination = self.memory.as_mut_ptr().cast::<T>().add(first);
            ptr::copy_nonoverlapping(values.as_ptr(), destination, values.len());
        }
        true
    }

    /// A copy of value `index`; parts of it may be older than others, since the kernel writes meanwhile.
    #[must_use]
    pub fn read(&self, index: usize) -> Option<T> {
        if index >= self.entries {
            return None;
        }
        // SAFETY: `index < entries`, so the source lies within the mapping, which is page-aligned; any octets are
        // a `T` (`FromBytes`). The read is volatile because the kernel writes the memory.
        Some(unsafe { self.memory.as_ptr().cast::<T>().add(index).read_volatile() })
    }
}
