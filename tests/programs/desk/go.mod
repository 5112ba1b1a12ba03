module example.com/a/long/company/path/desk

go 1.19

require example.org/library v0.0.0

replace example.org/library => ./library
