//! How octets are read. [`Packet`] is the only way to a packet's octets, in the kernel and on the host.

/// Octets of one frame.
pub trait Packet {
    /// Octets of the frame.
    fn len(&self) -> usize;

    /// Copies `N` octets from `offset`, or `None` where the packet ends before that.
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]>;

    /// Whether the frame has no octets.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Packet for &[u8] {
    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.get(offset..)?.first_chunk().copied()
    }
}
