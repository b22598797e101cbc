//! Capture files made by tests.

/// A capture of Ethernet frames with TCP segments between two ends.
pub(crate) struct Pcap {
    file: Vec<u8>,
    now: u32,
}

/// One end, `10.0.0.<host>:<port>`.
#[derive(Clone, Copy)]
pub(crate) struct End(pub(crate) u8, pub(crate) u16);

pub(crate) const SYN: u8 = 0x02;
pub(crate) const SYN_ACK: u8 = 0x12;
pub(crate) const PUSH: u8 = 0x18;
pub(crate) const FIN: u8 = 0x11;

impl Pcap {
    pub(crate) fn new() -> Self {
        let head = [0xA1B2_C3D4u32, 0x0002_0004, 0, 0, 65535, 1];
        Self { file: head.map(u32::to_be_bytes).concat(), now: 0 }
    }

    /// Adds a segment, a millisecond after the one before.
    pub(crate) fn segment(&mut self, from: End, to: End, seq: u32, ack: u32, flags: u8, payload: &[u8]) {
        self.now += 1;
        let mut packet = vec![0; 12];
        packet.extend([8, 0]);
        let length = u16::try_from(40 + payload.len()).expect("a packet");
        packet.extend([0x45, 0]);
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, from.0, 10, 0, 0, to.0]);
        packet.extend(from.1.to_be_bytes());
        packet.extend(to.1.to_be_bytes());
        packet.extend(seq.to_be_bytes());
        packet.extend(ack.to_be_bytes());
        packet.extend([0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        packet.extend(payload);
        let size = u32::try_from(packet.len()).expect("a packet");
        let record = [1_763_800_000 + self.now / 1000, self.now % 1000 * 1000, size, size];
        self.file.extend(record.map(u32::to_be_bytes).concat());
        self.file.extend(packet);
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.file
    }

    /// Writes the capture to a file of this name among the temporary files.
    pub(crate) fn save(&self, name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("sanwang-{}-{name}.pcap", std::process::id()));
        std::fs::write(&path, &self.file).expect("a temporary file");
        path
    }
}

/// A connection whose segments follow one another.
pub(crate) struct Wire {
    pub(crate) client: End,
    pub(crate) server: End,
    pub(crate) sent: [u32; 2],
}

impl Wire {
    pub(crate) fn open(pcap: &mut Pcap, client: End, server: End) -> Self {
        pcap.segment(client, server, 999, 0, SYN, &[]);
        pcap.segment(server, client, 4999, 1000, SYN_ACK, &[]);
        Self { client, server, sent: [1000, 5000] }
    }

    fn ends(&self, back: bool) -> (End, End) {
        if back { (self.server, self.client) } else { (self.client, self.server) }
    }

    /// The next octets of a direction; `back` is that of the server.
    pub(crate) fn send(&mut self, pcap: &mut Pcap, back: bool, payload: &[u8]) {
        let (from, to) = self.ends(back);
        let seq = self.sent[usize::from(back)];
        pcap.segment(from, to, seq, self.sent[usize::from(!back)], PUSH, payload);
        self.sent[usize::from(back)] = seq.wrapping_add(u32::try_from(payload.len()).expect("a packet"));
    }

    /// Octets that the capture missed.
    pub(crate) fn lose(&mut self, back: bool, octets: usize) {
        let sent = &mut self.sent[usize::from(back)];
        *sent = sent.wrapping_add(u32::try_from(octets).expect("a packet"));
    }

    pub(crate) fn close(&mut self, pcap: &mut Pcap) {
        for back in [false, true] {
            let (from, to) = self.ends(back);
            let (seq, ack) = (self.sent[usize::from(back)], self.sent[usize::from(!back)]);
            pcap.segment(from, to, seq, ack, FIN, &[]);
        }
    }
}
