//! Whether a pinned map is what its name says. aya takes a map of any layout for the one that was asked for, and the
//! kernel then writes past the end of the agent's memory: nothing pinned is used before it went through here.

use std::path::Path;

use aya::maps::{Array, Map, MapData, MapError, MapType, PerCpuArray};

use super::super::{Refusal, counters::Counted};

/// A pinned array of one value a CPU, or why it is none.
pub(super) fn per_cpu<T: Counted>(path: &Path, entries: u32) -> Result<PerCpuArray<MapData, T>, Refusal> {
    let map = open(path, MapType::PerCpuArray, size_of::<T>(), entries)?;
    PerCpuArray::try_from(Map::PerCpuArray(map)).map_err(|error| refused(path, &error))
}

/// A pinned array, or why it is none.
pub(super) fn array<T: aya::Pod>(path: &Path, entries: u32) -> Result<Array<MapData, T>, Refusal> {
    let map = open(path, MapType::Array, size_of::<T>(), entries)?;
    Array::try_from(Map::Array(map)).map_err(|error| refused(path, &error))
}

fn open(path: &Path, kind: MapType, value_size: usize, entries: u32) -> Result<MapData, Refusal> {
    let map = MapData::from_pin(path).map_err(|error| refused(path, &error))?;
    let info = map.info().map_err(|error| refused(path, &error))?;
    let have = (info.map_type().ok(), info.key_size(), info.value_size() as usize, info.max_entries());
    let wanted = (Some(kind), size_of::<u32>() as u32, value_size, entries);
    // BPF_F_MMAPABLE would round values up; no counter has any flag.
    if have == wanted && info.map_flags() == 0 {
        return Ok(map);
    }
    let cause = format!(
        "it is another map: type, key octets, value octets and entries are {have:?} where {wanted:?} are expected"
    );
    Err(Refusal::Other { doing: format!("reading the pinned map {}", path.display()), cause })
}

fn refused(path: &Path, error: &MapError) -> Refusal {
    Refusal::from_map(&format!("reading the pinned map {}", path.display()), error)
}
