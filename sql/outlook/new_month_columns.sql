-- What the document of a run says of projects that do not exist yet.
type, month, wins, k1, k2, k3, l0, ck1, ck2, ck3, cl0, neg
