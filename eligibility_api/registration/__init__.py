"""First registration (初回登録): binds a card's certificate to the person whom J-LIS names, with the holder's agreement."""
