//! Every row through the loaded programs, with the results of the host.

use anyhow::{Result, ensure};
use tests::{
    engine::{Given, Host, Kernel, Shelf},
    rows,
};

#[test]
fn the_kernel_judges_every_row_as_it_says() -> Result<()> {
    let shelf = Shelf::new()?;
    rows::run("kernel", &shelf, |dry_run| {
        let mut kernel = Kernel::load(&shelf, dry_run)?;
        let mut host = Host::new(&shelf, dry_run);
        Ok(move |given: Given<'_>| {
            let (here, there) = (host.judge(given), kernel.judge(given)?);
            ensure!(here == there, "the engines differ\n     host {here:?}\n   kernel {there:?}");
            Ok(there)
        })
    })
}
