//! What a guest writes on its volumes while it runs. A snapshot holds what was written when its
//! request was accepted, and a set of snapshots holds one moment of all volumes
//! (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html>).

use super::World;
use super::storage::Content;
use casebook::id::VolumeId;
use casebook::scene::instance::InstanceState;

impl World {
    /// Writes a block; says whether the volume is attached to something that runs.
    pub fn write_block(&mut self, volume: &VolumeId, index: i32, pattern: u8) -> bool {
        let (compute, storage) = (&self.compute, &mut self.storage);
        let Some(record) = storage.volumes.get_mut(volume) else { return false };
        let mut holders = record.shown.attachments.iter().filter_map(|held| compute.instances.get(&held.instance));
        let runs = holders.any(|machine| machine.shown.state == InstanceState::Running);
        if runs {
            record.content = with_block(&record.content, index, pattern);
        }
        runs
    }
}

fn with_block(content: &Content, index: i32, pattern: u8) -> Content {
    let mut blocks = content.to_vec();
    match blocks.binary_search_by_key(&index, |(held, _)| *held) {
        Ok(place) => blocks[place].1 = pattern,
        Err(place) => blocks.insert(place, (index, pattern)),
    }
    blocks.into()
}
