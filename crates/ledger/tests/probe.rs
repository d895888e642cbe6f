//! probe
use std::time::Instant;
use ledger::{CaseFile, Store as _};
#[test]
fn probe() {
    let st = tempfile::tempdir().unwrap();
    let mut c = CaseFile::create(st.path(), "x", "p").unwrap();
    for n in 0..12 { c.append("2026-03-01T12:00:00Z", &[serde_json::json!({"n": n, "t": "x".repeat(3000)})]).unwrap(); }
    let d = st.path().join("cases/x");
    let files: Vec<_> = ["ledger.db","ledger.db-wal","ledger.db-shm","head","lock"].iter().map(|f| (f, std::fs::read(d.join(f)).unwrap())).collect();
    drop(c);
    let len = files[1].1.len();
    for at in [0,1,4,8,9,12,16,20,24,31,32,40,60,100,5000,len-10] {
        for (f,b) in &files { let mut b=b.clone(); if **f=="ledger.db-wal" { b[at]^=0x41; } std::fs::write(d.join(f), b).unwrap(); }
        let t = Instant::now();
        let r = CaseFile::read(st.path(), "x").map(|r| r.len());
        eprintln!("{at} {:?} {:?}", t.elapsed(), r);
    }
}
