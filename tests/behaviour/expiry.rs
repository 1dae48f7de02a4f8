//! Keys that expire soon are pointed out in time.

use chrono::Duration;

use crate::support::{Server, on_each_database, row};

on_each_database![keys_that_expire_soon_stand_out_in_the_grid_and_on_home];

async fn keys_that_expire_soon_stand_out_in_the_grid_and_on_home(server: Server) {
    let admin = server.signed_in("admin").await;
    let payroll = server.generate_with(&admin, &[("name", "Payroll"), ("lifetime", "30")]).await;
    let page = server.text(&admin, "/profile").await;
    assert!(!row(&page, &payroll.client_id).unwrap().contains("Expires"));
    assert!(!server.text(&admin, "/").await.contains("notice-warning"));

    server.clock.advance(Duration::days(25));
    let admin = server.signed_in("admin").await;
    let page = server.text(&admin, "/profile").await;
    let its_row = row(&page, &payroll.client_id).unwrap();
    assert!(its_row.contains(">Expires in 5 days<"), "{its_row}");
    let home = server.text(&admin, "/").await;
    assert!(home.contains("Your API key Payroll expires in 5 days."), "{home}");
    assert!(home.contains(">See what expires in your profile</a>"));

    let short = server.generate_with(&admin, &[("lifetime", "1")]).await;
    let page = server.text(&admin, "/profile").await;
    assert!(row(&page, &short.client_id).unwrap().contains(">Expires tomorrow<"));
    let home = server.text(&admin, "/").await;
    assert!(home.contains("2 of your API keys expire within 14 days, the first of them tomorrow."), "{home}");

    server.clock.advance(Duration::days(2));
    let admin = server.signed_in("admin").await;
    assert!(server.text(&admin, "/").await.contains("Your API key Payroll expires in 3 days."));
    server.clock.advance(Duration::days(3));
    let admin = server.signed_in("admin").await;
    assert!(!server.text(&admin, "/").await.contains("notice-warning"));
}
