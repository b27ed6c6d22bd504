"""First registration (初回登録): binds a card's certificate to the person that J-LIS names."""
