"""A database of three nodes on this machine, as `deploy/patroni.yml` describes it: PostgreSQL, Patroni and etcd."""
