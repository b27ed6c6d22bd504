"""First registration (初回登録): the holder's agreement, and J-LIS's word on who she is."""
