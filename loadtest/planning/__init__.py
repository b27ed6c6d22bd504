"""Planning: what each request costs, measured; and from that, by arithmetic that is told, what a nation's levels need."""
