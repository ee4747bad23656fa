"""Talks GraphQL to a simulated account, as the tests of the simulator and of the poller need it."""

import json

from simulators.process import request

PARENT, SUBITEM, HIDDEN = "4100000001", "4100000002", "4100000003"


class Client:
    def __init__(self, simulator, token=None, version="2026-10"):
        self.url = simulator.url
        self.headers = {"Authorization": token or simulator.place["token"], "API-Version": version}

    def send(self, query, variables=None, headers=None, **options):
        """(HTTP status, headers, body) as they came."""
        return request("POST", self.url, {"query": query, "variables": variables or {}},
                       {**self.headers, **(headers or {})}, **options)

    def data(self, query, **variables):
        """The data of a call that has to succeed."""
        status, _, body = self.send(query, variables)
        assert status == 200 and "errors" not in body, body
        return body["data"]

    def error(self, query, **variables):
        """The first error of a call that has to fail."""
        _, _, body = self.send(query, variables)
        assert body.get("errors"), body
        return body["errors"][0]

    def code(self, query, **variables):
        return self.error(query, **variables)["extensions"]["code"]

    def page(self, board, limit=25, fields="id name", **params):
        query = f"query($b:[ID!],$l:Int!,$p:ItemsQuery){{boards(ids:$b){{items_page(limit:$l,query_params:$p){{cursor items{{{fields}}}}}}}}}"
        return self.data(query, b=[board], l=limit, p=params or None)["boards"][0]["items_page"]

    def next_page(self, cursor, limit=25, fields="id name"):
        query = f"query($c:String!,$l:Int!){{next_items_page(cursor:$c,limit:$l){{cursor items{{{fields}}}}}}}"
        return self.data(query, c=cursor, l=limit)["next_items_page"]

    def all_items(self, board, limit=500, fields="id name"):
        page = self.page(board, limit, fields)
        found = page["items"]
        while page["cursor"]:
            page = self.next_page(page["cursor"], limit, fields)
            found += page["items"]
        return found

    def items(self, ids, fields="id name state", limit=100):
        query = f"query($i:[ID!],$l:Int){{items(ids:$i,limit:$l){{{fields}}}}}"
        return self.data(query, i=[str(id) for id in ids], l=limit)["items"]

    def cell(self, item_id, column_id, fields="text value"):
        (item,) = self.items([item_id], f'column_values(ids:["{column_id}"]){{{fields}}}')
        return item["column_values"][0]

    WRITE = """mutation($b:ID!,$i:ID!,$v:JSON!,$c:Boolean){
        change_multiple_column_values(board_id:$b,item_id:$i,column_values:$v,create_labels_if_missing:$c){id}}"""

    def write(self, board, item_id, values, create_labels=False):
        return self.data(self.WRITE, b=board, i=item_id, v=json.dumps(values), c=create_labels)

    def refused_write(self, board, item_id, values):
        return self.error(self.WRITE, b=board, i=item_id, v=json.dumps(values), c=False)
