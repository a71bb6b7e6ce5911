"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "firms",
        sa.Column("cluster", sa.Text(), primary_key=True),
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("corporate_number", sa.Text(), nullable=True),
        sa.Column("employees", sa.BigInteger(), nullable=True),
        sa.Column("owner_age", sa.BigInteger(), nullable=True),
        sa.Column("successor", sa.Text(), nullable=True),
        sa.Column("founded", sa.BigInteger(), nullable=True),
        sa.Column("coordinator", sa.Boolean(), nullable=True),
        sa.Column("products", sa.Text(), nullable=True),
    )
    op.create_table(
        "capabilities",
        sa.Column("cluster", sa.Text(), primary_key=True),
        sa.Column("firm_id", sa.Text(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("process", sa.Text(), nullable=True),
        sa.Column("materials", sa.Text(), nullable=True),
        sa.Column("size_min_mm", sa.Double(), nullable=True),
        sa.Column("size_max_mm", sa.Double(), nullable=True),
        sa.Column("it_grade", sa.BigInteger(), nullable=True),
        sa.Column("roughness_um", sa.Double(), nullable=True),
        sa.Column("lot_min", sa.BigInteger(), nullable=True),
        sa.Column("lot_max", sa.BigInteger(), nullable=True),
        sa.Column("setup_hours", sa.Double(), nullable=True),
        sa.Column("hours_per_piece", sa.Double(), nullable=True),
        sa.Column("rate_yen_per_hour", sa.Double(), nullable=True),
        sa.Column("certificates", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
    )
    op.create_table(
        "equipment",
        sa.Column("cluster", sa.Text(), primary_key=True),
        sa.Column("firm_id", sa.Text(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("process", sa.Text(), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=True),
        sa.Column("year", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "loads",
        sa.Column("cluster", sa.Text(), primary_key=True),
        sa.Column("firm_id", sa.Text(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("week", sa.Date(), nullable=True),
        sa.Column("free_hours", sa.Double(), nullable=True),
        sa.Column("process", sa.Text(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
    )
    op.create_table(
        "ties",
        sa.Column("cluster", sa.Text(), primary_key=True),
        sa.Column("firm_id", sa.Text(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("amount_yen", sa.Double(), nullable=True),
        sa.Column("orders", sa.BigInteger(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
    )
    op.create_table(
        "ratings",
        sa.Column("cluster", sa.Text(), primary_key=True),
        sa.Column("firm_id", sa.Text(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("order", sa.Text(), nullable=True),
        sa.Column("quality", sa.Double(), nullable=True),
        sa.Column("delivery", sa.Double(), nullable=True),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.Column("on", sa.Date(), nullable=True),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_table(
        "records",
        sa.Column("cluster", sa.Text(), primary_key=True),
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "levels",
        sa.Column("firm_id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("level", sa.Text(), nullable=False),
    )
    op.create_table(
        "published",
        sa.Column("audience", sa.Text(), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
    )
    op.create_table(
        "peers",
        sa.Column("cluster", sa.Text(), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
    )
    op.create_index("ix_published_id", "published", ["id"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("peers")
    op.drop_table("published")
    op.drop_table("levels")
    op.drop_table("records")
    op.drop_table("settings")
    op.drop_table("ratings")
    op.drop_table("ties")
    op.drop_table("loads")
    op.drop_table("equipment")
    op.drop_table("capabilities")
    op.drop_table("firms")
