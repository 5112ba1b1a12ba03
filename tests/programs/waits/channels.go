package main

func chanReceive(c chan int) { <-c }
func chanSend(c chan int)    { c <- 1 }
func chanRange(c chan string) {
	for range c {
	}
}
func chanSendFull(c chan [4]int) {
	for i := 0; ; i++ {
		c <- [4]int{i}
	}
}

func selectTwo(a, b chan int) {
	select {
	case <-a:
	case <-b:
	}
}

func selectSendReceive(a chan int, b chan string) {
	select {
	case a <- 5:
	case s := <-b:
		println(s)
	}
}

func selectMany(c []chan int) {
	select {
	case <-c[0]:
	case <-c[1]:
	case <-c[2]:
	case c[3] <- 3:
	case c[4] <- 4:
	case <-c[5]:
	case <-c[6]:
	case <-c[7]:
	}
}

func selectEmpty() { select {} }

func waitOnChannels() {
	go chanReceive(make(chan int))
	go chanSend(make(chan int))
	go chanReceive(nil)
	go chanSend(nil)
	go chanRange(make(chan string, 3))
	go chanSendFull(make(chan [4]int, 2))
	go selectTwo(make(chan int), make(chan int))
	go selectTwo(nil, make(chan int))
	go selectTwo(nil, nil)
	go selectSendReceive(make(chan int), make(chan string, 1))
	var many []chan int
	for i := 0; i < 8; i++ {
		many = append(many, make(chan int))
	}
	go selectMany(many)
	go selectEmpty()

	shared := make(chan int)
	for i := 0; i < 5; i++ {
		go chanReceive(shared)
	}
	done := make(chan struct{})
	for i := 0; i < 3; i++ {
		go func() { <-done }()
	}
}
