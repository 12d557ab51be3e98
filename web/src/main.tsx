import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './style/index.css';
import { begin } from './app';
import { Page } from './views/page';

render(<Page />, document.getElementById('app')!);
begin();
