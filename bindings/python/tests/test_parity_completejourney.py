"""Features of households of a grocer at twelve monthly cut-offs, against polars.

75,000 lines of baskets of 2,377 households in 2017, the campaigns that they and two more were
mailed, the coupons they redeemed, and what is known of 801 of them; of the others every attribute
is missing. The data has the shop's time without its zone: here households live in three zones and,
where the number of the household ends in an even figure, in none, which is UTC.
"""

import datetime as dt

import by_definition
import data
import polars as pl

PLAYBOOK = """
[playbook]
name = "completejourney"
[customer]
zone    = "timezone"
age     = { type = "category", values = ["19-24", "25-34", "35-44", "45-54", "55-64", "65+"] }
income  = "category"
married = "bool"
people  = { type = "number", min = 1 }
kids    = "number"
home    = { type = "text", default = "unknown" }
[events.purchase]
department = "category"
private    = "bool"
quantity   = { type = "number", min = 0 }
amount     = { type = "number", unit = "usd", required = true }
saved      = { type = "number", unit = "usd" }
basket     = "text"
[events.mailing]
kind = { type = "category", values = ["Type A", "Type B", "Type C"] }
ends = "timestamp"
[events.redemption]
campaign = "category"
coupon   = "text"
"""

CUTS = [dt.datetime(2017, month, 1, tzinfo=dt.timezone.utc) for month in range(2, 13)]
CUTS += [dt.datetime(2018, 1, 1, tzinfo=dt.timezone.utc)]
DAY = by_definition.DAY
amount, saved, quantity = pl.col("amount"), pl.col("saved"), pl.col("quantity")
department, private, basket = pl.col("department"), pl.col("private"), pl.col("basket")
kind, ends, coupon, local = pl.col("kind"), pl.col("ends"), pl.col("coupon"), pl.col("local")

FEATURES = {
    "age": ("customer.age", lambda p: p.attribute("age")),
    "home": ("customer.home", lambda p: p.attribute("home").fill_null("unknown")),
    "adults": (
        "customer.people - coalesce(customer.kids, 0)",
        lambda p: p.attribute("people") - p.attribute("kids").fill_null(0),
    ),
    "family": (
        "customer.married && customer.kids > 0",
        lambda p: p.attribute("married") & (p.attribute("kids") > 0),
    ),
    "well_off": (
        'customer.income in ["150-174K", "175-199K", "200-249K", "250K+"]',
        lambda p: p.attribute("income").is_in(["150-174K", "175-199K", "200-249K", "250K+"]),
    ),
    "lines": ("count(purchase)", lambda p: p.count(p.of("purchase"))),
    "lines_30d": ('count(purchase, "30d")', lambda p: p.count(p.of("purchase", 30))),
    "private_90d": (
        'count(purchase, "90d", purchase.private)',
        lambda p: p.count(p.of("purchase", 90, private)),
    ),
    "meat": (
        'count(purchase, purchase.department in ["MEAT", "MEAT-PCKGD"] && purchase.amount > 3)',
        lambda p: p.count(
            p.of("purchase", where=department.is_in(["MEAT", "MEAT-PCKGD"]) & (amount > 3))
        ),
    ),
    "enough_for_all": (
        "count(purchase, purchase.quantity >= customer.people)",
        lambda p: p.count(p.of("purchase", where=quantity >= pl.col("people"))),
    ),
    "early_60d": (
        'count(purchase, "60d", hour_of(purchase.timestamp) < 9)',
        lambda p: p.count(p.of("purchase", 60, local.dt.hour() < 9)),
    ),
    "anything_10d": ('count(events, "10d12h")', lambda p: p.count(p.of(None, 10.5))),
    "redeemed_30d": ('exists(redemption, "30d")', lambda p: p.count(p.of("redemption", 30)) > 0),
    "spend": ("sum(purchase.amount)", lambda p: p.each(p.of("purchase"), amount.sum(), 0)),
    "groceries_60d": (
        'sum(purchase.amount, "60d", purchase.department == "GROCERY")',
        lambda p: p.each(p.of("purchase", 60, department == "GROCERY"), amount.sum(), 0),
    ),
    "full_price_120d": (
        'sum(purchase.amount + purchase.saved, "120d")',
        lambda p: p.each(p.of("purchase", 120), (amount + saved).sum(), 0),
    ),
    "mean_price": (
        "mean(purchase.amount / purchase.quantity)",
        lambda p: p.each(p.of("purchase", where=quantity != 0), (amount / quantity).mean()),
    ),
    "std_amount_90d": (
        'std(purchase.amount, "90d")',
        lambda p: p.each(p.of("purchase", 90), amount.std()),
    ),
    "least_45d": (
        'min(purchase.amount, "45d")',
        lambda p: p.each(p.of("purchase", 45), amount.min()),
    ),
    "most_saved": ("max(purchase.saved)", lambda p: p.each(p.of("purchase"), saved.max())),
    "offers_end": ("max(mailing.ends)", lambda p: p.each(p.of("mailing"), ends.max())),
    "offer_days": (
        "days_until(max(mailing.ends))",
        lambda p: -p.days_since(p.each(p.of("mailing"), ends.max())),
    ),
    "departments": (
        "distinct(purchase.department)",
        lambda p: p.distinct(p.of("purchase"), department),
    ),
    "baskets_90d": (
        'distinct(purchase.basket, "90d")',
        lambda p: p.distinct(p.of("purchase", 90), basket),
    ),
    "coupons": ("distinct(redemption.coupon)", lambda p: p.distinct(p.of("redemption"), coupon)),
    "first_department": (
        "first(purchase.department)",
        lambda p: p.first(p.of("purchase"), department),
    ),
    "last_basket": (
        'last(purchase.basket, "60d", !purchase.private)',
        lambda p: p.last(p.of("purchase", 60, ~private), basket),
    ),
    "last_private": ("last(purchase.private)", lambda p: p.last(p.of("purchase"), private)),
    "last_kind": ("last(mailing.kind)", lambda p: p.last(p.of("mailing"), kind)),
    "first_coupon": ("first(redemption.coupon)", lambda p: p.first(p.of("redemption"), coupon)),
    "last_redemption": ("last(redemption)", lambda p: p.last(p.of("redemption"))),
    "second_mailing": ("nth(mailing, 2)", lambda p: p.nth(p.of("mailing"), 2)),
    "third_last_amount": (
        "nth(purchase.amount, -3)",
        lambda p: p.nth(p.of("purchase"), -3, amount),
    ),
    "median": (
        "percentile(purchase.amount, 50)",
        lambda p: p.percentile(p.of("purchase"), amount, 50),
    ),
    "high_saved_180d": (
        'percentile(purchase.saved, 95, "180d", purchase.saved > 0)',
        lambda p: p.percentile(p.of("purchase", 180, saved > 0), saved, 95),
    ),
    "variety": ("entropy(purchase.department)", lambda p: p.entropy(p.of("purchase"), department)),
    "private_bits": (
        'entropy(purchase.private, "90d")',
        lambda p: p.entropy(p.of("purchase", 90), private),
    ),
    "amount_slope": ("trend(purchase.amount)", lambda p: p.trend(p.of("purchase"), amount)),
    "line_slope": (
        'trend(purchase, "90d", purchase.amount > 2)',
        lambda p: p.trend_of_counts(p.of("purchase", 90, amount > 2), 90),
    ),
    "streak": ("streak(purchase)", lambda p: p.streak(p.of("purchase"))),
    "gap": ("gaps(purchase)", lambda p: p.gaps(p.of("purchase"))),
    "mailing_gap": ("gaps(mailing)", lambda p: p.gaps(p.of("mailing"))),
    "recent_amount": (
        'ewma(purchase.amount, "14d", "120d")',
        lambda p: p.ewma(p.of("purchase", 120), amount, 14),
    ),
    "recent_lines": (
        'ewma(purchase, "7d")',
        lambda p: p.each(p.of("purchase"), p.weight(7).sum(), 0),
    ),
    "active_days": ("active_days(purchase)", lambda p: p.active_days(p.of("purchase"))),
    "active_days_28d": ('active_days(events, "28d")', lambda p: p.active_days(p.of(None, 28))),
    "quiet": ("days_since(last(purchase))", lambda p: p.days_since(p.last(p.of("purchase")))),
    "last_hour": (
        "hour_of(last(purchase))",
        lambda p: p.each(p.of("purchase"), local.last().dt.hour()),
    ),
    "first_weekday": (
        "weekday(first(purchase))",
        lambda p: p.each(p.of("purchase"), local.first().dt.weekday()),
    ),
    "month_start": ("weekday(as_of)", lambda p: p.customers["local"].dt.weekday()),
    "pace": (
        'ratio(count(purchase, "28d"), count(purchase))',
        lambda p: (p.count(p.of("purchase", 28)) / p.count(p.of("purchase"))).fill_nan(None),
    ),
    "size": (
        "bucket(customer.people, 2, 4)",
        lambda p: (p.attribute("people") >= 2).cast(int) + (p.attribute("people") >= 4).cast(int),
    ),
    "capped": (
        "clamp(sum(purchase.amount) / customer.people, 5, 200)",
        lambda p: (p.each(p.of("purchase"), amount.sum(), 0) / p.attribute("people")).clip(5, 200),
    ),
    "log_saved": (
        "log1p(sum(purchase.saved))",
        lambda p: p.each(p.of("purchase"), saved.sum(), 0).log1p(),
    ),
    "contact": (
        "coalesce(last(redemption), last(mailing), first(purchase))",
        lambda p: pl.select(
            pl.coalesce(
                p.last(p.of("redemption")), p.last(p.of("mailing")), p.first(p.of("purchase"))
            )
        ).to_series(),
    ),
    "bought_after_mailing": (
        'sequence(mailing, redemption, "30d")',
        lambda p: p.sequence(p.of("mailing"), p.of("redemption"), 30 * DAY),
    ),
    "came_back_5d": (
        'sequence(purchase, purchase, "5d", "30d")',
        lambda p: p.sequence(p.of("purchase", 30), p.of("purchase", 30), 5 * DAY),
    ),
    "ignored_mailing": (
        'absent(redemption, mailing, "45d")',
        lambda p: p.absent(p.of("redemption"), p.of("mailing"), 45 * DAY),
    ),
}

CLOSE = """spend groceries_60d full_price_120d mean_price std_amount_90d median high_saved_180d
variety private_bits amount_slope line_slope gap mailing_gap recent_amount recent_lines capped
log_saved""".split()


def table(name):
    """A file of the data, every column as text."""
    return pl.read_csv(data.real("completejourney", name), infer_schema=False)


def day(name):
    return pl.col(name).str.to_datetime("%Y-%m-%d", time_unit="us", time_zone="UTC")


def happened():
    """What was bought, mailed and redeemed."""
    products = table("products.csv.gz").select("product_id", "department", "brand")
    lines = table("transactions_sample.csv.gz").join(products, "product_id", "left")
    purchases = lines.select(
        customer_id="household_id",
        timestamp=pl.col("transaction_timestamp").str.to_datetime(time_unit="us", time_zone="UTC"),
        type=pl.lit("purchase"),
        department="department",
        private=pl.col("brand") == "Private",
        quantity=quantity.cast(float),
        amount=pl.col("sales_value").cast(float),
        saved=pl.col("retail_disc").cast(float),
        basket="basket_id",
    )
    campaigns = table("campaigns.csv").join(table("campaign_descriptions.csv"), "campaign_id")
    mailings = campaigns.select(
        customer_id="household_id",
        timestamp=day("start_date"),
        type=pl.lit("mailing"),
        kind="campaign_type",
        ends=day("end_date"),
    )
    redemptions = table("coupon_redemptions.csv").select(
        customer_id="household_id",
        timestamp=day("redemption_date"),
        type=pl.lit("redemption"),
        campaign="campaign_id",
        coupon="coupon_upc",
    )
    return pl.concat([purchases, mailings, redemptions], how="diagonal")


def households(ids):
    """Each household with what is known of it, and with the zone that it is in here."""
    at_least = pl.col("household_size", "kids_count").str.strip_suffix("+").cast(float)
    known = table("demographics.csv").with_columns(at_least).select(
        "age", "income",
        customer_id="household_id",
        married=pl.col("marital_status") == "Married",
        people="household_size", kids="kids_count", home="home_ownership",
    )
    last = pl.col("customer_id").str.tail(1)
    zones = {"1": "America/New_York", "3": "America/New_York", "5": "Pacific/Auckland"}
    zones |= {"7": "Pacific/Auckland", "9": "Asia/Kolkata"}
    given = last.replace_strict(zones, default=None, return_dtype=pl.String)
    rows = ids.join(known, "customer_id", "left").with_columns(given=given)
    return rows.with_columns(zone=pl.col("given").fill_null("UTC"))


def test_every_feature_is_what_its_definition_says():
    events = happened()
    customers = households(events.select("customer_id").unique())
    assert len(events) == 75_000 + 6_589 + 2_102 and len(CUTS) == 12
    assert customers["age"].is_not_null().sum() == 801
    of_customers = customers.select("customer_id", "zone", "people")
    events = by_definition.clock(events.join(of_customers, "customer_id"), pl.col("timestamp"))
    # What is missing comes first; of each event the properties of the other types are.
    bought = ["department", "private", "quantity", "amount", "saved", "basket"]
    order = ["timestamp", *bought, "kind", "ends", "campaign", "coupon"]
    events = events.sort(order, nulls_last=False)
    columns = ["customer_id", "age", "income", "married", "people", "kids", "home"]
    columns.append(pl.col("given").alias("zone"))
    by_definition.compare(PLAYBOOK, FEATURES, events, customers, CUTS, CLOSE, columns)
